import type { ErrorHandler, ListenOptions } from "../commands/options.js";
import { MessagesDroppedError } from "../errors.js";
import type { OnFull } from "../waiting/bounded-queue.js";
import { errorHandler } from "./error-handler.js";

/** A subscription or request whose bounded queue is full. */
export interface SlowConsumer {
  /** Subject of the subscription or request. */
  readonly subject: string;
  /** Queue group, if there is one. */
  readonly queue: string | undefined;
  /** Number of waiting messages. */
  readonly pending: number;
  /** Number of messages of this subscription dropped so far; 0 with `whenFull: "pause"`. */
  readonly dropped: number;
}

/**
 * Reports a full queue: an event, and an error if messages were dropped.
 *
 * @param subject Subject of the subscription.
 * @param options Queue group and error handler.
 * @param connection The connection's event and its error handler.
 */
export function tooSlow(
  subject: string,
  options: ListenOptions,
  { slow, report }: { slow: (event: SlowConsumer) => void; report: ErrorHandler },
): OnFull {
  const { queue } = options;
  return ({ length, dropped }) => {
    slow({ subject, queue, pending: length, dropped });
    if (dropped === 0) return;
    const message = `The subscriber of "${subject}" is too slow: ${length} messages were waiting, and one was dropped. Handle messages faster, raise maxBuffered, or choose whenFull: "pause".`;
    errorHandler(options, report)(new MessagesDroppedError(message, dropped));
  };
}
