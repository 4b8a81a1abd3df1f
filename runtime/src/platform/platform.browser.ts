/**
 * The engine's interface to a browser, except bytes and sockets. In bundles for browsers,
 * `#platform` resolves to this file.
 */

/** A browser's message ports, which differ from those of Node.js. */
interface Ports {
  readonly port1: { onmessage: () => void };
  readonly port2: { postMessage(message: undefined): void };
}

type AfterTurn = (callback: () => void) => void;

let schedule: AfterTurn | undefined;

export function afterTurn(callback: () => void): void {
  // Not before it is used: an open port keeps a process alive.
  schedule ??= scheduler();
  schedule(callback);
}

/** In browsers, nested timers wait at least 4 ms; messages do not. Node.js has setImmediate for that. */
function scheduler(): AfterTurn {
  const platform = globalThis as { setImmediate?: AfterTurn; MessageChannel?: new () => unknown };
  if (platform.setImmediate !== undefined) return platform.setImmediate;
  if (platform.MessageChannel === undefined) return (callback) => void setTimeout(callback);
  const { port1, port2 } = new platform.MessageChannel() as Ports;
  const callbacks: (() => void)[] = [];
  port1.onmessage = () => callbacks.shift()?.();
  return (callback) => {
    callbacks.push(callback);
    port2.postMessage(undefined);
  };
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
