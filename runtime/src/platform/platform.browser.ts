/** What the engine asks of a browser besides bytes and sockets. In bundles for browsers, `#platform` stands for this file. */

/** A browser's ports, which are not quite those of Node.js. */
interface Ports {
  readonly port1: { onmessage: () => void };
  readonly port2: { postMessage(message: undefined): void };
}

const { port1, port2 } = new MessageChannel() as unknown as Ports;
const callbacks: (() => void)[] = [];
port1.onmessage = () => callbacks.shift()?.();

/** Timers wait at least 4 ms here when they follow each other; messages do not. */
export function afterTurn(callback: () => void): void {
  callbacks.push(callback);
  port2.postMessage(undefined);
}

export function inBackground<T>(timer: T): T {
  return timer;
}

export function parallelism(): number {
  const { navigator } = globalThis as { navigator?: { hardwareConcurrency?: number } };
  return navigator?.hardwareConcurrency ?? 1;
}

export async function readTextFile(): Promise<string> {
  throw new Error("a browser has no files");
}
