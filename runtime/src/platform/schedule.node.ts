/** Scheduling in Node.js, without any of its modules. `#schedule` resolves to this file. */

/** Calls a function after all I/O of this turn of the event loop. */
export function afterTurn(callback: () => void): void {
  setImmediate(callback);
}

/** @returns The timer, which no longer keeps the process alive. */
export function inBackground(timer: NodeJS.Timeout): NodeJS.Timeout {
  return timer.unref();
}
