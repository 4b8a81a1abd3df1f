/**
 * The engine's interface to a browser, except bytes, time and sockets. In bundles for browsers,
 * `#platform` resolves to this file.
 */

export function parallelism(): number {
  const { navigator } = globalThis as { navigator?: { hardwareConcurrency?: number } };
  return navigator?.hardwareConcurrency ?? 1;
}

export async function readTextFile(): Promise<string> {
  throw new Error("a browser has no files");
}
