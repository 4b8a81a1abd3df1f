import type { NatsError } from "../errors.js";
import type { RawMessage } from "../protocol/frame.js";
import type { NatsKey } from "../protocol/nats-key.js";
import type { WaitOptions } from "../waiting/deadline.js";
import type { BatchItem, NatsHandler, PublishOptions, PublishWaitOptions } from "./message.js";
import type { NatsObservable } from "./observable.js";
import type {
  ListenOptions,
  RequestManyOptions,
  RequestOptions,
  RespondOptions,
  SubscribeOptions,
} from "./options.js";
import type { NatsMessages, NatsReplies, Subscription } from "./subscription.js";

export type { RawMessage } from "../protocol/frame.js";
export type { WaitOptions } from "../waiting/deadline.js";
export type * from "./message.js";
export type * from "./observable.js";
export type * from "./options.js";
export type * from "./subscription.js";

/**
 * The commands of NATS, by key or by string: one interface for a connection, a pool and a shard.
 *
 * A value goes through the serializer, with two exceptions: bytes (`Uint8Array`) are sent as they are,
 * and `undefined` is an empty payload.
 */
export interface NatsCommand {
  /**
   * Publishes a message.
   *
   * @param key The subject, without wildcards.
   * @param value The payload.
   * @param options Serializer, headers and reply subject; and how long to wait, in milliseconds or by a signal.
   * @returns Settles when the engine accepted the message into its bounded buffer and wants more:
   *   at once for the first 64 KiB of a turn of the event loop, then with the turn, and beyond 1 MiB
   *   of waiting bytes when the socket has drained. `flush()` tells when the server has it.
   *   Rejects with InvalidSubjectError, InvalidHeaderError, SerializeError, MaxPayloadError,
   *   PendingLimitError, ConnectionClosedError, or ConnectionError when no first connection came about.
   */
  publish<T>(key: NatsKey | string, value?: T, options?: PublishWaitOptions<T>): Promise<void>;

  /**
   * Publishes a message and tells nobody how it went on from the buffer.
   *
   * @param key The subject, without wildcards.
   * @param value The payload.
   * @param options Serializer, headers and reply subject.
   * @throws what {@link publish} rejects with, as far as it is known at the call.
   */
  post<T>(key: NatsKey | string, value?: T, options?: PublishOptions<T>): void;

  /**
   * Publishes several messages, all or none.
   *
   * @param items Subjects and payloads; any iterable, read at the call.
   * @param options What goes with each of them, and how long to wait.
   * @returns as {@link publish}. Rejects with BatchError naming the item that failed; then nothing of the
   *   batch is sent.
   */
  publishBatch<T>(items: Iterable<BatchItem<T>>, options?: PublishWaitOptions<T>): Promise<void>;

  /**
   * Publishes several messages, all or none, and tells nobody how it went on from the buffer.
   *
   * @param items Subjects and payloads; any iterable, read at the call.
   * @param options What goes with each of them.
   * @throws BatchError naming the item that failed; then nothing of the batch is sent.
   */
  postBatch<T>(items: Iterable<BatchItem<T>>, options?: PublishOptions<T>): void;

  /**
   * Listens.
   *
   * @param key The subject; `*` stands for one token, `>` at the end for all that follow.
   * @param handler Called for each message, in order. A promise that it returns is not awaited, unless there
   *   is `concurrency`. What it throws or rejects with goes to the error handler.
   * @param options Queue group, serializer, schema, limits and error handler.
   * @returns Resolves when the server listens. Rejects with PermissionViolationError when it refuses, with
   *   InvalidSubjectError or InvalidArgumentError, with ConnectionError when no first connection came about,
   *   ConnectionClosedError, ConnectionDrainingError or the signal's reason.
   */
  subscribe<T>(
    key: NatsKey | string,
    handler: NatsHandler<T>,
    options?: SubscribeOptions<T>,
  ): Promise<Subscription>;

  /**
   * Answers requests.
   *
   * @param key The subject; wildcards as in {@link subscribe}.
   * @param handler What it returns, or resolves with, is the answer. When it throws, the requester gets
   *   a ServiceError with status 500, and the error handler gets the error. A ServiceError that it throws
   *   is sent with its own status and description, and is no error here.
   * @param options As in {@link subscribe}, and the serializer of the answers.
   * @returns As {@link subscribe} does.
   */
  respond<Q, R>(
    key: NatsKey | string,
    handler: NatsHandler<Q, R>,
    options?: RespondOptions<Q, R>,
  ): Promise<Subscription>;

  /**
   * Asks and waits for one answer.
   *
   * @param key The subject.
   * @param value The payload.
   * @param options Serializers, headers, and how long to wait, in milliseconds or by a signal.
   * @returns The answer. Rejects with TimeoutError, NoRespondersError, ServiceError, DeserializeError,
   *   DisconnectedError, the signal's reason, or what {@link publish} rejects with.
   */
  request<R, Q = unknown>(
    key: NatsKey | string,
    value?: Q,
    options?: RequestOptions<Q, R>,
  ): Promise<R>;

  /**
   * Asks and takes several answers, until one of the limits in the options is reached: a number, a time,
   * a pause between two answers, or a message that says that it was the last.
   *
   * ```ts
   * for await (const { value } of nats.requestMany<Server>("servers.list", undefined, { stall: 100 })) {
   *   console.log(value.name);
   * }
   * ```
   *
   * What a single responder failed with, and what cannot be read, goes to the error handler; the other
   * answers are delivered.
   *
   * @param key The subject.
   * @param value The payload.
   * @param options When there are no more answers; serializers, headers and the bound of the buffer.
   * @returns The answers. Asked at the call, not at the first step. The loop throws NoRespondersError,
   *   DisconnectedError, PermissionViolationError, the signal's reason, or what {@link publish} rejects
   *   with; it ends in good order when the time is over, also without any answer.
   * @see ADR-47, request many
   */
  requestMany<R, Q = unknown>(
    key: NatsKey | string,
    value?: Q,
    options?: RequestManyOptions<Q, R>,
  ): NatsReplies<R>;

  /**
   * Iterates over messages. Subscribed at the call, not at the first step.
   *
   * ```ts
   * for await (const { value, subject } of nats.messages<Chat>("game.*.chat")) console.log(subject, value.text);
   * ```
   *
   * @param key The subject; wildcards as in {@link subscribe}.
   * @param options As in {@link subscribe}; `maxBuffered` messages may wait for the loop.
   * @returns The messages. The loop throws what {@link subscribe} rejects with, and TimeoutError.
   * @throws InvalidArgumentError for options that can never work.
   */
  messages<T>(key: NatsKey | string, options?: SubscribeOptions<T>): NatsMessages<T>;

  /**
   * Messages as an observable that RxJS's `from()` takes. Each observer has a subscription of its own,
   * which ends when it unsubscribes.
   *
   * ```ts
   * from(nats.observe<Chat>("game.*.chat")).pipe(map(({ value }) => value.text)).subscribe(console.log);
   * ```
   *
   * @param key The subject; wildcards as in {@link subscribe}.
   * @param options As in {@link subscribe}.
   * @returns The observable; nothing is subscribed before somebody watches it.
   */
  observe<T>(key: NatsKey | string, options?: SubscribeOptions<T>): NatsObservable<T>;

  /**
   * Listens without reading the payload: the delivery under every typed one.
   *
   * @param key The subject; wildcards as in {@link subscribe}.
   * @param handler Called for each message with the same object: copy what is to be kept.
   * @param options Queue group, limits and error handler.
   * @returns As {@link subscribe} does.
   */
  listen(
    key: NatsKey | string,
    handler: (message: RawMessage) => void,
    options?: ListenOptions,
  ): Promise<Subscription>;

  /** @returns A subject of its own, of which nobody else knows, to have answers sent to. */
  createInbox(): string;

  /**
   * Hands an error that nobody else takes to the connection's `onError`, as the engine does with its own.
   *
   * @param error What happened. Never throws itself.
   */
  report(error: NatsError): void;

  /**
   * Writes the protocol itself. UNSAFE: nothing is checked, and anything but whole commands that expect
   * no answer breaks the connection for all who share it.
   *
   * @param protocol Bytes, sent as they are; or text, sent as UTF-8 with CR LF behind each repetition.
   * @param repeat How often text is sent.
   * @throws InvalidArgumentError, PendingLimitError, ConnectionClosedError
   */
  writeDirect(protocol: Uint8Array | string, repeat?: number): void;

  /**
   * Measures the round trip to the server.
   *
   * @param options How long to wait; `requestTimeout` by default.
   * @returns Milliseconds. Rejects with TimeoutError, DisconnectedError, ConnectionError,
   *   ConnectionClosedError or the signal's reason.
   */
  ping(options?: WaitOptions): Promise<number>;

  /**
   * Waits until the server has received all that was published before the call (PING and PONG).
   *
   * @param options How long to wait; `requestTimeout` by default.
   * @returns Rejects as {@link ping} does.
   */
  flush(options?: WaitOptions): Promise<void>;
}
