import { checkOptions, shown } from "../arguments.js";
import { InvalidArgumentError, TimeoutError } from "../errors.js";
import { offAbort, onAbort } from "./abort.js";

/** Longest time of a timer in milliseconds, about 24 days. */
export const LONGEST_TIMEOUT = 2 ** 31 - 1;

/** Limits of a wait. */
export interface WaitOptions {
  /** Milliseconds after which the call rejects with TimeoutError. */
  readonly timeout?: number | undefined;
  /** Cancels the call; it rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Limit of a drain. */
export interface DrainOptions {
  /** Milliseconds that the drain may take; the connection's `drainTimeout` by default. */
  readonly timeout?: number | undefined;
}

/**
 * @returns The milliseconds that a drain may take.
 * @throws InvalidArgumentError if they are not a valid time.
 */
export function drainLimit(options: DrainOptions, fallback: number): number {
  checkOptions(options);
  return options.timeout === undefined ? fallback : checkTimeout(options.timeout);
}

/**
 * @returns The milliseconds.
 * @throws InvalidArgumentError if they are not a valid time.
 */
export function checkTimeout(timeout: number): number {
  if (typeof timeout === "number" && timeout > 0 && timeout <= LONGEST_TIMEOUT) return timeout;
  throw new InvalidArgumentError(
    `A timeout must be a number of milliseconds above 0 and up to ${LONGEST_TIMEOUT}, not ${shown(timeout)}.`,
  );
}

/**
 * Checks a whole number.
 *
 * @param name Name of the option or argument.
 * @param least Smallest value.
 * @returns The number.
 * @throws InvalidArgumentError for anything else.
 */
export function checkCount(name: string, count: number, least = 1): number {
  if (Number.isSafeInteger(count) && count >= least) return count;
  throw new InvalidArgumentError(
    `"${name}" must be a whole number from ${least} on, not ${shown(count)}.`,
  );
}

/**
 * @throws InvalidArgumentError if it is not a signal; the signal's reason if it is already aborted.
 */
export function checkSignal(signal: AbortSignal | undefined): void {
  if (signal === undefined) return;
  if (!(signal instanceof AbortSignal)) {
    throw new InvalidArgumentError(`"signal" must be an AbortSignal, not ${shown(signal)}.`);
  }
  signal.throwIfAborted();
}

/** @throws InvalidArgumentError when the timeout or the signal cannot be used; the reason of an aborted signal. */
export function checkWait(options: WaitOptions): void {
  checkOptions(options);
  const { timeout, signal } = options;
  if (timeout !== undefined) checkTimeout(timeout);
  checkSignal(signal);
}

/** @returns `true` if the promise is fulfilled within that time. Never rejects. */
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
 * Waits for a promise within limits. The options have been checked.
 *
 * @param awaited The promise.
 * @param options The limits.
 * @param what The text of the TimeoutError.
 */
export function waitAtMost<T>(
  awaited: Promise<T>,
  { timeout, signal }: WaitOptions,
  what: string,
): Promise<T> {
  if (timeout === undefined && signal === undefined) return awaited;
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal?.reason);
    if (signal !== undefined) onAbort(signal, abort);
    const late = () => reject(new TimeoutError(`${what} within ${timeout} ms.`));
    const timer = timeout === undefined ? undefined : setTimeout(late, timeout);
    const done = () => {
      clearTimeout(timer);
      if (signal !== undefined) offAbort(signal, abort);
    };
    awaited.then(resolve, reject).finally(done);
  });
}
