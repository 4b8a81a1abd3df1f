import type { ErrorHandler, ListenOptions } from "../commands/options.js";
import { HandlerError } from "../errors.js";
import { isThenable } from "../waiting/thenable.js";

/**
 * Error handler of a subscription that never throws, so that reading goes on.
 *
 * @param options Options of the subscription.
 * @param fallback The connection's handler: for subscriptions without a handler, and for handlers that fail.
 */
export function errorHandler({ onError }: ListenOptions, fallback: ErrorHandler): ErrorHandler {
  if (onError === undefined) return fallback;
  return (error) => {
    const failed = (cause: unknown): void =>
      fallback(new HandlerError("", cause, "An error handler (onError)"));
    try {
      const result: unknown = onError(error);
      if (isThenable(result)) result.then(undefined, failed);
    } catch (cause) {
      failed(cause);
    }
  };
}
