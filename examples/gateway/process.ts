import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** Tells who started this program, if anybody did. */
export function tell(message: "ready" | { readonly port: number }): void {
  if (process.connected) process.send?.(message);
}

/** Resolves when the program is to end: Ctrl-C, SIGTERM, or who started it is gone. */
export async function stopped(): Promise<void> {
  await Promise.race([
    once(process, "SIGINT"),
    once(process, "SIGTERM"),
    ...(process.connected ? [once(process, "disconnect")] : []),
  ]);
  // The channel to who started it would keep the program alive.
  if (process.connected) process.disconnect();
}

/** A program that was started, and what it told when it was ready. */
export interface Started<T> {
  readonly process: ChildProcess;
  readonly told: T;
  /** Lets it come to its end. */
  stop(): Promise<void>;
}

/** Starts a program and waits until it is ready. */
export async function start<T>(script: URL, env: NodeJS.ProcessEnv): Promise<Started<T>> {
  // A group of its own: Ctrl-C is for who started it, who then stops it.
  const child = fork(fileURLToPath(script), { env, detached: true });
  const exited = once(child, "exit");
  const [told] = (await Promise.race([
    once(child, "message"),
    exited.then(([code]) => {
      throw new Error(`${script} ended with exit code ${code} before it was ready`);
    }),
  ])) as [T];
  return {
    process: child,
    told,
    async stop() {
      child.kill("SIGTERM");
      await exited;
    },
  };
}
