/** Scheduling in a browser. In bundles for browsers, `#schedule` resolves to this file. */

/** A browser's message port; the ports of Node.js, where a page may be rendered, also keep a process alive. */
interface Port {
  onmessage: (() => void) | null;
  postMessage(message: undefined): void;
  ref?(): void;
  unref?(): void;
}

type AfterTurn = (callback: () => void) => void;

let schedule: AfterTurn | undefined;

export function afterTurn(callback: () => void): void {
  // Importing this file has no effect.
  schedule ??= scheduler();
  schedule(callback);
}

/** In browsers, nested timers wait at least 4 ms; messages do not. */
function scheduler(): AfterTurn {
  const { MessageChannel } = globalThis as unknown as {
    MessageChannel?: new () => { readonly port1: Port; readonly port2: Port };
  };
  if (MessageChannel === undefined) return (callback) => void setTimeout(callback);
  const { port1, port2 } = new MessageChannel();
  const callbacks: (() => void)[] = [];
  port1.onmessage = () => {
    const callback = callbacks.shift();
    if (callbacks.length === 0) port1.unref?.();
    callback?.();
  };
  return (callback) => {
    if (callbacks.push(callback) === 1) port1.ref?.();
    port2.postMessage(undefined);
  };
}

export function inBackground<T>(timer: T): T {
  return timer;
}
