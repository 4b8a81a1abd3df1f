import { afterTurn } from "#schedule";
import { HandlerError, NatsError } from "../errors.js";

/** Object that gets the errors that no call gets. */
export interface Reporter {
  /** Reports an error. Never throws. */
  report(error: NatsError): void;
}

/**
 * Promise of a call that knows whether anybody uses it. If it fails and nobody does, the failure is reported and never
 * causes an `unhandledRejection`.
 */
export class Call<T> extends Promise<T> {
  /** `true` once `await`, `then`, `catch`, `finally` or `Promise.all` has used it. */
  awaited = false;
}

// Each of them reads the constructor first. With a plain Promise there, none of them makes a further promise.
Object.defineProperty(Call.prototype, "constructor", {
  get(this: Call<unknown>) {
    this.awaited = true;
    return Promise;
  },
});

/** A call that is settled from outside. */
export interface PendingCall<T> {
  readonly call: Call<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (reason: unknown) => void;
}

/** @returns A call that is settled from outside. */
export function pendingCall<T = void>(): PendingCall<T> {
  let resolve!: (value: T) => void;
  let reject!: (reason: unknown) => void;
  const call = new Call<T>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { call, resolve, reject };
}

/**
 * Makes a call of a function.
 *
 * @param work The function.
 * @param reporter Gets its failure if nobody awaits the call.
 */
export function callOf<T>(work: () => Promise<T>, reporter: Reporter): Call<T> {
  const { call, resolve, reject } = pendingCall<T>();
  const failed = (error: unknown): void => failCall(call, reject, error, reporter);
  try {
    work().then(resolve, failed);
  } catch (error) {
    failed(error);
  }
  return call;
}

/** @returns A call that has failed. @param reporter Gets the error if nobody awaits the call. */
export function failedCall(error: unknown, reporter: Reporter): Call<never> {
  const { call, reject } = pendingCall<never>();
  failCall(call, reject, error, reporter);
  return call;
}

/**
 * Rejects a call.
 *
 * @param reject Rejects it.
 * @param error The reason.
 * @param reporter Gets the reason if nobody awaits the call.
 */
export function failCall(
  call: Call<unknown>,
  reject: (reason: unknown) => void,
  error: unknown,
  reporter: Reporter,
): void {
  if (!call.awaited) {
    handle(call);
    reportUnlessAwaited([call], error, reporter);
  }
  reject(error);
}

/** Prevents an `unhandledRejection` of a call, which does not count as awaited for that. */
export function handle(call: Call<unknown>): void {
  const { awaited } = call;
  call.catch(ignore);
  call.awaited = awaited;
}

/**
 * Reports an error unless one of the calls that get it is awaited: now, or by the end of this turn of the event loop,
 * since a caller gets its promise after a failure of the call itself.
 */
export function reportUnlessAwaited(
  calls: readonly Call<unknown>[],
  error: unknown,
  reporter: Reporter,
): void {
  const awaited = () => calls.some((call) => call.awaited);
  if (awaited()) return;
  afterTurn(() => {
    if (awaited()) return;
    reporter.report(reportable(error));
  });
}

/** @returns The failure of a call as an error that can be reported. */
export function reportable(error: unknown): NatsError {
  return error instanceof NatsError ? error : new HandlerError("", error, "A call");
}

function ignore(): void {}
