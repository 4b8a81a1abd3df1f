/** Module of the thread of document-thread.ts: runs one task after another. */
import { parentPort } from "node:worker_threads";
import type { Task, ThreadJob, ThreadMessage } from "./document-thread.js";

const post = (message: ThreadMessage): void => parentPort?.postMessage(message);

parentPort?.on("message", async ({ task, input }: ThreadJob) => {
  try {
    const { default: run } = (await import(task)) as { readonly default: Task<unknown, unknown> };
    post({ result: await run(input, (progress: unknown) => post({ progress })) });
  } catch (error) {
    post({ error });
  }
});
