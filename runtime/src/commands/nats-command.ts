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
export type { DrainOptions, WaitOptions } from "../waiting/deadline.js";
export type * from "./message.js";
export type * from "./observable.js";
export type * from "./options.js";
export type * from "./subscription.js";

/**
 * Commands of NATS: the interface of a connection, a pool and shards. Subjects are keys or strings.
 *
 * The serializer writes every value, with two exceptions: bytes (`Uint8Array`) are sent as they are, and
 * `undefined` is an empty payload.
 */
export interface NatsCommand {
  /**
   * Publishes a message.
   *
   * @param key The subject, without wildcards.
   * @param value The payload.
   * @param options Serializer, headers and reply subject; timeout in milliseconds and signal of the wait.
   * @returns Settles when the engine has buffered the message and accepts more: at once for the first 64 KiB of a
   *   turn of the event loop, then at the end of the turn, and from 1 MiB of waiting bytes on when the socket has
   *   drained. `flush()` waits for the server. Rejects with InvalidSubjectError, InvalidHeaderError, SerializeError, MaxPayloadError,
   *   PendingLimitError, ConnectionClosedError, or ConnectionError when the first connection failed.
   */
  publish<T>(key: NatsKey | string, value?: T, options?: PublishWaitOptions<T>): Promise<void>;

  /**
   * Publishes a message without waiting for the buffer.
   *
   * @param key The subject, without wildcards.
   * @param value The payload.
   * @param options Serializer, headers and reply subject.
   * @throws the errors of {@link publish} that are known at the call.
   */
  post<T>(key: NatsKey | string, value?: T, options?: PublishOptions<T>): void;

  /**
   * Publishes several messages, all or none.
   *
   * @param items Subjects and payloads; any iterable, read at the call.
   * @param options Options of each message; timeout and signal of the wait.
   * @returns Settles as {@link publish}. Rejects with BatchError naming the item that failed; then nothing of the
   *   batch is sent.
   */
  publishBatch<T>(items: Iterable<BatchItem<T>>, options?: PublishWaitOptions<T>): Promise<void>;

  /**
   * Publishes several messages, all or none, without waiting for the buffer.
   *
   * @param items Subjects and payloads; any iterable, read at the call.
   * @param options Options of each message.
   * @throws BatchError naming the item that failed; then nothing of the batch is sent.
   */
  postBatch<T>(items: Iterable<BatchItem<T>>, options?: PublishOptions<T>): void;

  /**
   * Subscribes.
   *
   * @param key The subject; `*` stands for one token, `>` at the end for one or more.
   * @param handler Called for each message, in order. Its promise is awaited only with `concurrency`. Its errors and
   *   rejections go to the error handler.
   * @param options Queue group, serializer, schema, limits and error handler.
   * @returns Resolves when the server has confirmed the subscription. Rejects with PermissionViolationError or
   *   SubscriptionLimitError when the server refuses it, with InvalidSubjectError or InvalidArgumentError, with ConnectionError when the first
   *   connection failed, ConnectionClosedError, ConnectionDrainingError or the signal's reason.
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
   * @param handler Returns the answer, or a promise of it. When it throws, the requester gets a ServiceError with
   *   status 500, and the error handler gets the error. A ServiceError that it throws is sent with its own status
   *   and description, and does not go to the error handler.
   * @param options Options as in {@link subscribe}, and the serializer of the answers.
   * @returns Settles as {@link subscribe}.
   */
  respond<Q, R>(
    key: NatsKey | string,
    handler: NatsHandler<Q, R>,
    options?: RespondOptions<Q, R>,
  ): Promise<Subscription>;

  /**
   * Sends a request and waits for one answer.
   *
   * @param key The subject.
   * @param value The payload.
   * @param options Serializers, headers, timeout in milliseconds and signal.
   * @returns The answer. Rejects with TimeoutError, NoRespondersError, ServiceError, DeserializeError,
   *   DisconnectedError, the signal's reason, or an error of {@link publish}.
   */
  request<R, Q = unknown>(
    key: NatsKey | string,
    value?: Q,
    options?: RequestOptions<Q, R>,
  ): Promise<R>;

  /**
   * Sends a request and receives several answers, until a limit of the options is reached: a number, a time, a pause
   * between two answers, or a message that marks the end.
   *
   * ```ts
   * for await (const { value } of nats.requestMany<Server>("servers.list", undefined, { stall: 100 })) {
   *   console.log(value.name);
   * }
   * ```
   *
   * The failure of one responder, and an answer that cannot be read, go to the error handler; the other answers are
   * delivered.
   *
   * @param key The subject.
   * @param value The payload.
   * @param options Limits that end the answers, serializers, headers and the bound of the buffer.
   * @returns The answers. The request is sent at the call, not at the first step of the loop. The loop throws
   *   NoRespondersError, DisconnectedError, PermissionViolationError, the signal's reason, or an error of
   *   {@link publish}; it ends without an error when the time is over, even if there was no answer.
   * @see ADR-47, request many
   */
  requestMany<R, Q = unknown>(
    key: NatsKey | string,
    value?: Q,
    options?: RequestManyOptions<Q, R>,
  ): NatsReplies<R>;

  /**
   * Subscribes and iterates over the messages. The subscription begins at the call, not at the first step of the loop.
   *
   * ```ts
   * for await (const { value, subject } of nats.messages<Chat>("game.*.chat")) console.log(subject, value.text);
   * ```
   *
   * @param key The subject; wildcards as in {@link subscribe}.
   * @param options Options as in {@link subscribe}; `maxBuffered` messages may wait for the loop.
   * @returns The messages. The loop throws the errors of {@link subscribe}, and TimeoutError.
   * @throws InvalidArgumentError for invalid options.
   */
  messages<T>(key: NatsKey | string, options?: SubscribeOptions<T>): NatsMessages<T>;

  /**
   * Messages as an observable, for RxJS's `from()`. Each observer has its own subscription, which ends when it
   * unsubscribes.
   *
   * ```ts
   * from(nats.observe<Chat>("game.*.chat")).pipe(map(({ value }) => value.text)).subscribe(console.log);
   * ```
   *
   * @param key The subject; wildcards as in {@link subscribe}.
   * @param options Options as in {@link subscribe}.
   * @returns The observable; each observer subscribes.
   */
  observe<T>(key: NatsKey | string, options?: SubscribeOptions<T>): NatsObservable<T>;

  /**
   * Subscribes without reading the payload.
   *
   * @param key The subject; wildcards as in {@link subscribe}.
   * @param handler Called for each message with the same object: copy everything that you keep.
   * @param options Queue group, limits and error handler.
   * @returns Settles as {@link subscribe}.
   */
  listen(
    key: NatsKey | string,
    handler: (message: RawMessage) => void,
    options?: ListenOptions,
  ): Promise<Subscription>;

  /** @returns A new unique subject for answers. */
  createInbox(): string;

  /**
   * Reports an error to the connection's `onError`, as the engine does with errors that no call gets. Never throws.
   *
   * @param error The error.
   */
  report(error: NatsError): void;

  /**
   * Writes raw protocol. UNSAFE: nothing is checked. Anything but complete commands without an answer breaks the
   * connection for all its users.
   *
   * @param protocol Bytes, sent as they are; or text, sent as UTF-8 with CR LF after each repetition.
   * @param repeat Number of times that text is sent.
   * @throws InvalidArgumentError, PendingLimitError, ConnectionClosedError
   */
  writeDirect(protocol: Uint8Array | string, repeat?: number): void;

  /**
   * Measures the round trip to the server.
   *
   * @param options Limits of the wait; `requestTimeout` by default.
   * @returns Milliseconds. Rejects with TimeoutError, DisconnectedError, ConnectionError,
   *   ConnectionClosedError or the signal's reason.
   */
  ping(options?: WaitOptions): Promise<number>;

  /**
   * Waits until the server has received everything that was published before the call (PING and PONG).
   *
   * @param options Limits of the wait; `requestTimeout` by default.
   * @returns Settles with the PONG; rejects as {@link ping}.
   */
  flush(options?: WaitOptions): Promise<void>;
}
