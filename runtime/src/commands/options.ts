import type { NatsError } from "../errors.js";
import type { NatsHeadersInit } from "../protocol/headers.js";
import type { NatsSerializer } from "../serialization/serializer.js";
import type { StandardSchema } from "../standard-schema.js";
import type { WhenFull } from "../waiting/bounded-queue.js";
import type { NatsMessage } from "./message.js";

/** Handler of errors: failures of message handlers, and payloads that could not be read. */
export type ErrorHandler = (error: NatsError) => void;

/** Options of {@link NatsCommand.listen}, and of every other subscription. */
export interface ListenOptions {
  /** The queue group: each message goes to one of its members only. */
  readonly queue?: string;
  /** Ends the subscription when aborted. */
  readonly signal?: AbortSignal;
  /** Number of messages after which the subscription ends, counted across reconnections. */
  readonly max?: number;
  /**
   * Milliseconds within which the first message must arrive. Otherwise the subscription ends with a
   * TimeoutError: a loop throws it, `closed` resolves with it, and without a loop the error handler gets it.
   */
  readonly timeout?: number;
  /**
   * Filter of subjects, for selections that no wildcard expresses. A message is neither read nor answered when
   * the filter returns `false` for its subject.
   */
  readonly accepts?: (subject: string) => boolean;
  /**
   * Called by a drain, which waits for its promise: for handlers that hand their messages on, to settle when all of
   * these are handled.
   */
  readonly idle?: () => Promise<void>;
  /** Handler of this subscription's errors; the connection's `onError` by default. */
  readonly onError?: ErrorHandler;
}

/** Options of {@link NatsCommand.subscribe}. */
export interface SubscribeOptions<T = unknown> extends ListenOptions {
  /** Serializer that reads the payloads; the connection's by default. */
  readonly serializer?: NatsSerializer<T>;
  /**
   * Validator of the values: of zod, valibot or any other library that follows Standard Schema. An invalid
   * value is not delivered; the error handler gets a ValidationError.
   */
  readonly schema?: StandardSchema<T>;
  /**
   * Number of handlers that may run at the same time. They start in the order of the messages, outside the
   * read loop, and their promises are awaited. 0 calls handlers as messages arrive and awaits none. The
   * connection's `concurrency` by default.
   */
  readonly concurrency?: number;
  /** Number of messages that may wait for a handler before `whenFull` applies; 65,536 by default. */
  readonly maxBuffered?: number;
  /**
   * Policy for a message that arrives when the queue is full. `dropNewest` drops this message, `dropOldest`
   * drops the oldest one in the queue; both are counted and reported. `pause` stops reading the whole
   * connection until the queue is half empty. `pause` by default with `concurrency`, `dropNewest` in loops.
   */
  readonly whenFull?: WhenFull;
}

/** Options of {@link NatsCommand.respond}. */
export interface RespondOptions<Q = unknown, R = unknown> extends SubscribeOptions<Q> {
  /** Serializer that writes the answers; `serializer` by default, else the connection's. */
  readonly replySerializer?: NatsSerializer<R>;
}

/** Options of {@link NatsCommand.request}. */
export interface RequestOptions<Q = unknown, R = unknown> {
  /** Serializer that writes the request; the connection's by default. */
  readonly serializer?: NatsSerializer<Q>;
  /** Serializer that reads the answer; `serializer` by default, else the connection's. */
  readonly replySerializer?: NatsSerializer<R>;
  /** Headers of the request. */
  readonly headers?: NatsHeadersInit;
  /** Milliseconds after which the request rejects; the connection's `requestTimeout` by default. */
  readonly timeout?: number;
  /** Cancels the request when aborted; it rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /**
   * Sends the request on the current connection or not at all: when the connection is lost first, the request
   * rejects with DisconnectedError. `false` by default. For callers that repeat requests in their own order.
   */
  readonly sameConnection?: boolean;
}

/** Options of {@link NatsCommand.requestMany}: those of a request, and limits that end the answers. */
export interface RequestManyOptions<Q = unknown, R = unknown>
  extends RequestOptions<Q, R>,
    Pick<SubscribeOptions<R>, "maxBuffered" | "whenFull" | "onError"> {
  /** Milliseconds for all answers together; the connection's `requestTimeout` by default. */
  readonly timeout?: number;
  /** Largest number of answers. */
  readonly max?: number;
  /** Milliseconds between two answers after which no more are expected. */
  readonly stall?: number;
  /**
   * Marker of the end: a message that is no answer itself. `true` for a message with an empty payload, or a
   * function that returns `true` for the marker.
   */
  readonly sentinel?: true | ((message: NatsMessage<R>) => boolean);
}
