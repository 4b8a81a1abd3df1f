import { shown } from "../arguments.js";
import { InvalidArgumentError, TimeoutError } from "../errors.js";

/** The longest time that timers take, about 24 days. */
export const LONGEST_TIMEOUT = 2 ** 31 - 1;

/** How long to wait. */
export interface WaitOptions {
  /** Milliseconds after which the waiting rejects with TimeoutError. */
  readonly timeout?: number | undefined;
  /** Ends the waiting when aborted, with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * @returns The milliseconds.
 * @throws InvalidArgumentError when they are none.
 */
export function checkTimeout(timeout: number): number {
  if (typeof timeout === "number" && timeout > 0 && timeout <= LONGEST_TIMEOUT) return timeout;
  throw new InvalidArgumentError(
    `A timeout is a number of milliseconds above 0 and up to ${LONGEST_TIMEOUT}, not ${shown(timeout)}.`,
  );
}

/**
 * @returns The number.
 * @throws InvalidArgumentError when it is no whole number from 1 on.
 */
export function checkCount(name: string, count: number): number {
  if (Number.isSafeInteger(count) && count >= 1) return count;
  throw new InvalidArgumentError(`"${name}" is a whole number from 1 on, not ${shown(count)}.`);
}

/**
 * @throws InvalidArgumentError when it is no signal, its reason when it is aborted already.
 */
export function checkSignal(signal: AbortSignal | undefined): void {
  if (signal === undefined) return;
  if (!(signal instanceof AbortSignal)) {
    throw new InvalidArgumentError(`"signal" is an AbortSignal, not ${shown(signal)}.`);
  }
  signal.throwIfAborted();
}

/** @returns Whether a promise is fulfilled within so many milliseconds. Never rejects. */
export async function inTime(awaited: Promise<unknown>, milliseconds: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, milliseconds, false);
  });
  const fulfilled = awaited.then(
    () => true,
    () => false,
  );
  const result = await Promise.race([fulfilled, late]);
  clearTimeout(timer);
  return result;
}

/**
 * Waits for something, but not longer than asked. The options are checked already.
 *
 * @param awaited What is waited for.
 * @param options How long.
 * @param what What did not happen, for the TimeoutError.
 */
export function waitAtMost<T>(
  awaited: Promise<T>,
  { timeout, signal }: WaitOptions,
  what: string,
): Promise<T> {
  if (timeout === undefined && signal === undefined) return awaited;
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal?.reason);
    signal?.addEventListener("abort", abort, { once: true });
    const late = () => reject(new TimeoutError(`${what} within ${timeout} ms.`));
    const timer = timeout === undefined ? undefined : setTimeout(late, timeout);
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    };
    awaited.then(resolve, reject).finally(done);
  });
}
