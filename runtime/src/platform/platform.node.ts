/** What the engine asks of Node.js besides bytes and sockets. `#platform` stands for this file. */
import { availableParallelism } from "node:os";

/** Calls a function when this turn of the event loop has read what there was to read. */
export function afterTurn(callback: () => void): void {
  setImmediate(callback);
}

/** @returns The timer, which from now on does not keep the process alive. */
export function inBackground(timer: NodeJS.Timeout): NodeJS.Timeout {
  return timer.unref();
}

/** @returns How many threads the machine runs at a time. */
export function parallelism(): number {
  return availableParallelism();
}

/** @returns The text of a file. */
export async function readTextFile(path: string): Promise<string> {
  const { readFile } = await import("node:fs/promises");
  return readFile(path, "utf8");
}
