import { Worker } from "node:worker_threads";
import type { Finding } from "../diagnostics.js";
import { limits } from "../document/limits.js";
import type { Job, JobResult } from "./job.js";

/**
 * Generates in a thread that is given up when it takes too long or too much memory. The limits on what a
 * document holds cannot foresee all that libraries make of it: @asyncapi/parser alone takes minutes for
 * some hundred schemas that refer to each other.
 *
 * @param job What to generate.
 * @returns The SDK; beyond a limit a diagnostic that says so.
 */
export function generateWithin(job: Job): Promise<JobResult> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL("./worker.js", import.meta.url), {
      workerData: job,
      resourceLimits: { maxOldGenerationSizeMb: limits.heap, maxYoungGenerationSizeMb: 16 },
    });
    const giveUp = (finding: Finding): void =>
      resolve({
        files: [],
        diagnostics: [{ severity: "error", file: job.document, line: 1, column: 1, ...finding }],
      });
    const begin = performance.now();
    const timer = setInterval(() => {
      if (!isTooLong(performance.now() - begin)) return;
      giveUp(tooCostly(`longer than ${limits.time / 1_000} seconds`));
      void worker.terminate();
    }, 100);
    worker.on("message", resolve);
    worker.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ERR_WORKER_OUT_OF_MEMORY") {
        giveUp(tooCostly(`more than ${limits.heap} MiB of memory`));
      } else reject(error);
    });
    worker.on("exit", () => clearInterval(timer));
  });
}

/** @param passed Milliseconds since the run began. */
function isTooLong(passed: number): boolean {
  const { user, system } = process.cpuUsage();
  return passed > limits.time && (user + system) / 1_000 > limits.work;
}

function tooCostly(what: string): Finding {
  return {
    code: "too-costly",
    message: `The document takes ${what} to read.`,
    fix: "Split it, and untangle schemas that refer to each other in long chains and rings.",
  };
}
