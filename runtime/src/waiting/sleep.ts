import { offAbort, onAbort } from "./abort.js";

/**
 * Waits for a time.
 *
 * @param milliseconds The time.
 * @param signal Cancels the wait, which then rejects with the signal's reason.
 */
export function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const abort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      if (signal !== undefined) offAbort(signal, abort);
      resolve();
    }, milliseconds);
    if (signal !== undefined) onAbort(signal, abort);
  });
}
