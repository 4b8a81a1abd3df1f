import { spawnSync } from "node:child_process";
import { performance } from "node:perf_hooks";

/** What a whole process took. */
export interface Cost {
  /** From its start to its end. */
  readonly milliseconds: number;
  /** The processor's time of all its threads, in milliseconds. */
  readonly processor: number;
  /** The most memory that it held at once. */
  readonly mebibytes: number;
}

/** Runs before the program; what it writes to the third file is read when the process has ended. */
const memory = `data:text/javascript,${encodeURIComponent(`
  import { writeSync } from "node:fs";
  import { isMainThread } from "node:worker_threads";
  if (isMainThread) process.on("exit", () => writeSync(3, JSON.stringify(process.resourceUsage())));
`)}`;

/**
 * Runs a program in a process of its own.
 *
 * @param args The arguments of Node.js.
 * @param cwd Where it runs: what it imports is looked for from there.
 * @throws Error when it does not end with 0.
 */
export function measure(args: readonly string[], cwd: string): Cost {
  const begin = performance.now();
  const { status, stderr, output } = spawnSync(process.execPath, ["--import", memory, ...args], {
    stdio: ["ignore", "ignore", "pipe", "pipe"],
    encoding: "utf8",
    cwd,
  });
  const milliseconds = performance.now() - begin;
  if (status !== 0) throw new Error(`${args.join(" ")} ended with ${status}:\n${stderr}`);
  const { maxRSS, userCPUTime, systemCPUTime } = JSON.parse(
    output[3] ?? "",
  ) as NodeJS.ResourceUsage;
  const processor = (userCPUTime + systemCPUTime) / 1000;
  // maxRSS is in kibibytes on every platform.
  return { milliseconds, processor, mebibytes: maxRSS / 1024 };
}
