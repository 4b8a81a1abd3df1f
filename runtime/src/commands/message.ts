import type { NatsHeaders, NatsHeadersInit } from "../protocol/headers.js";
import type { NatsKey } from "../protocol/nats-key.js";
import type { NatsSerializer } from "../serialization/serializer.js";
import type { WaitOptions } from "../waiting/deadline.js";

/** Options of one published message. */
export interface PublishOptions<T = unknown> {
  /** Serializer of this value, instead of the connection's. It also gets bytes and `undefined`. */
  readonly serializer?: NatsSerializer<T>;
  /** Headers of the message. */
  readonly headers?: NatsHeadersInit;
  /** Subject to which answers are sent. */
  readonly reply?: NatsKey | string;
}

/**
 * Options of {@link NatsCommand.publish}. It waits without limit by default; a limit ends the waiting and
 * leaves the message in the buffer.
 */
export interface PublishWaitOptions<T = unknown> extends PublishOptions<T>, WaitOptions {}

/** A message of a batch: subject and payload. */
export type BatchItem<T = unknown> = readonly [key: NatsKey | string, value?: T];

/** A received message, safe to keep. */
export interface NatsMessage<T = unknown> {
  /** The payload, read by the subscription's serializer. */
  readonly value: T;
  /** The subject on which the message was published. */
  readonly subject: string;
  /** Subject to which the sender expects an answer. */
  readonly reply: string | undefined;
  /** The message's headers. */
  readonly headers: NatsHeaders | undefined;
  /**
   * Answers on {@link reply}.
   *
   * @param value The payload, as in {@link NatsCommand.publish}.
   * @param options Serializer and headers, as there.
   * @throws what {@link NatsCommand.post} throws.
   * @returns `false` when the sender expects no answer; nothing is sent then.
   */
  respond(value?: unknown, options?: PublishOptions): boolean;
}

/**
 * Handler of messages or of requests.
 *
 * @param value The payload.
 * @param message All of the message, safe to keep.
 * @returns The answer to a request, or a promise of it. A handler of messages may return anything; the rejection
 *   of a promise goes to the error handler.
 */
export type NatsHandler<T, R = unknown> = (value: T, message: NatsMessage<T>) => R | Promise<R>;
