/**
 * The engine's interface to Node.js, except bytes, time and sockets. `#platform` resolves to this file.
 */
import { availableParallelism } from "node:os";

/** @returns Number of threads that the machine can run in parallel. */
export function parallelism(): number {
  return availableParallelism();
}

/** @returns The text of a file. */
export async function readTextFile(path: string): Promise<string> {
  const { readFile } = await import("node:fs/promises");
  return readFile(path, "utf8");
}
