import type { ErrorHandler, ListenOptions, RawMessage } from "../commands/nats-command.js";
import { HandlerError } from "../errors.js";
import { isThenable } from "../waiting/thenable.js";
import { errorHandler } from "./error-handler.js";
import type { Receiver } from "./receiver.js";

/**
 * Receiver of a raw subscription: the handler gets the frame itself.
 *
 * @param options Options of the subscription.
 * @param fallback Handles errors of subscriptions without an error handler. Never throws.
 * @param handler Called for each message with a borrowed frame.
 */
export function rawReceiver(
  options: ListenOptions,
  fallback: ErrorHandler,
  handler: (message: RawMessage) => void,
): Receiver {
  const report = errorHandler(options, fallback);
  const { accepts, idle } = options;
  return {
    ...(idle && { idle }),
    receive(frame) {
      try {
        if (accepts?.(frame.subject) === false) return;
        const result: unknown = handler(frame);
        if (!isThenable(result)) return;
        const { subject } = frame;
        result.then(undefined, (cause: unknown) => report(new HandlerError(subject, cause)));
      } catch (cause) {
        report(new HandlerError(frame.subject, cause));
      }
    },
  };
}
