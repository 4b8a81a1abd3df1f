/**
 * The engine's interface to Node.js, except bytes and sockets. `#platform` resolves to this file.
 */
import { availableParallelism } from "node:os";

/** Calls a function after all I/O of this turn of the event loop. */
export function afterTurn(callback: () => void): void {
  setImmediate(callback);
}

/** @returns The timer, which no longer keeps the process alive. */
export function inBackground(timer: NodeJS.Timeout): NodeJS.Timeout {
  return timer.unref();
}

/** @returns Number of threads that the machine can run in parallel. */
export function parallelism(): number {
  return availableParallelism();
}

/** @returns The text of a file. */
export async function readTextFile(path: string): Promise<string> {
  const { readFile } = await import("node:fs/promises");
  return readFile(path, "utf8");
}
