import type { ErrorHandler, Subscription } from "../connection/subscriptions.js";
import type { NatsError } from "../errors.js";
import type { RawMessage } from "../protocol/frame.js";
import type { NatsHeaders, NatsHeadersInit } from "../protocol/headers.js";
import type { NatsKey } from "../protocol/nats-key.js";
import type { NatsSerializer } from "../serialization/serializer.js";
import type { StandardSchema } from "../standard-schema.js";
import type { WhenFull } from "../waiting/bounded-queue.js";
import type { WaitOptions } from "../waiting/deadline.js";

/** What goes with a published message. */
export interface PublishOptions<T = unknown> {
  /** Writes this value instead of the connection's serializer. Bytes and `undefined` go through it as well. */
  readonly serializer?: NatsSerializer<T>;
  /** Headers to send along. */
  readonly headers?: NatsHeadersInit;
  /** The subject on which an answer is expected. */
  readonly reply?: NatsKey | string;
}

/** How {@link NatsCommand.publish} waits: without end by default. What ends it leaves the message in the buffer. */
export interface PublishWaitOptions<T = unknown> extends PublishOptions<T>, WaitOptions {}

/** A message of a batch: its subject, and its payload where there is one. */
export type BatchItem<T = unknown> = readonly [key: NatsKey | string, value?: T];

/** A received message, safe to keep. */
export interface NatsMessage<T = unknown> {
  /** The payload, read by the subscription's serializer. */
  readonly value: T;
  /** The subject on which the message was published. */
  readonly subject: string;
  /** The subject on which the sender expects an answer. */
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
 * Takes messages, or answers them.
 *
 * @param value The payload.
 * @param message All of the message, safe to keep.
 * @returns The answer, or a promise of it. Who takes messages may return anything: only a promise is looked at,
 *   since what it rejects with goes to the error handler.
 */
export type NatsHandler<T, R = unknown> = (value: T, message: NatsMessage<T>) => R | Promise<R>;

/** How to listen. */
export interface ListenOptions {
  /** The queue group: each message goes to one of its members only. */
  readonly queue?: string;
  /** Ends the subscription when aborted. */
  readonly signal?: AbortSignal;
  /** How many messages the server delivers before the subscription ends, over reconnections too. */
  readonly max?: number;
  /**
   * Milliseconds that the first message may take. Without one the subscription ends with TimeoutError:
   * a loop throws it, `closed` resolves with it, and where there is no loop the error handler gets it.
   */
  readonly timeout?: number;
  /**
   * Tells which messages are wanted, where no wildcard says it exactly: one whose subject it refuses is
   * neither read nor answered.
   */
  readonly accepts?: (subject: string) => boolean;
  /** Called for a handler's errors; without it they go to the connection's `onError`. */
  readonly onError?: ErrorHandler;
}

/** How to subscribe. */
export interface SubscribeOptions<T = unknown> extends ListenOptions {
  /** Reads the payloads instead of the connection's serializer. */
  readonly serializer?: NatsSerializer<T>;
  /**
   * Checks what was read: a validator of zod, valibot or any other library that follows Standard Schema.
   * What does not pass goes to the error handler as a ValidationError and is not delivered.
   */
  readonly schema?: StandardSchema<T>;
  /**
   * Handlers that may run at the same time, off the read loop and begun in order; promises are awaited.
   * 0 calls handlers as messages arrive and awaits none. The connection's `concurrency` by default.
   */
  readonly concurrency?: number;
  /** Messages that may wait for a handler before `whenFull` applies; 65,536 by default. */
  readonly maxBuffered?: number;
  /**
   * What happens to a message that finds the queue full: `dropNewest` loses it, `dropOldest` loses the
   * one that waited longest, both counted and reported; `pause` stops reading the whole connection
   * until half of the queue is done. `pause` by default with `concurrency`, `dropNewest` in loops.
   */
  readonly whenFull?: WhenFull;
}

/** How to respond. */
export interface RespondOptions<Q = unknown, R = unknown> extends SubscribeOptions<Q> {
  /** Writes the answers instead of `serializer`, else the connection's. */
  readonly replySerializer?: NatsSerializer<R>;
}

/** How to request. */
export interface RequestOptions<Q = unknown, R = unknown> {
  /** Writes the request instead of the connection's serializer. */
  readonly serializer?: NatsSerializer<Q>;
  /** Reads the answer instead of `serializer`, else the connection's. */
  readonly replySerializer?: NatsSerializer<R>;
  /** Headers to send along. */
  readonly headers?: NatsHeadersInit;
  /** Milliseconds until the request rejects; the connection's `requestTimeout` by default. */
  readonly timeout?: number;
  /** Gives the request up when aborted; it rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /**
   * Whether the request rejects with DisconnectedError also when the connection is lost before it was sent,
   * and is not sent on the next one; `false` by default. For who sends again in an order of his own.
   */
  readonly sameConnection?: boolean;
}

/** How to request several answers, and when there are no more. */
export interface RequestManyOptions<Q = unknown, R = unknown>
  extends RequestOptions<Q, R>,
    Pick<SubscribeOptions<R>, "maxBuffered" | "whenFull" | "onError"> {
  /** Milliseconds for all answers together; the connection's `requestTimeout` by default. */
  readonly timeout?: number;
  /** How many answers there can be. */
  readonly max?: number;
  /** Milliseconds without a further answer, once there was one, that mean that there are no more. */
  readonly stall?: number;
  /**
   * Knows the message that says that there are no more answers, and is none itself: `true` for one with
   * an empty payload, or a function that returns `true` for it.
   */
  readonly sentinel?: true | ((message: NatsMessage<R>) => boolean);
}

/** Answers one after the other: `for await (const answer of answers)`. Leaving the loop gives the request up. */
export interface NatsReplies<R> extends AsyncIterableIterator<NatsMessage<R>>, AsyncDisposable {
  /** Answers lost because the buffer was full. */
  readonly dropped: number;
}

/** Messages one after the other: `for await (const message of messages)`. Leaving the loop unsubscribes. */
export interface NatsMessages<T> extends AsyncIterableIterator<NatsMessage<T>>, AsyncDisposable {
  /** Settles when the server listens; rejects when it refused to. */
  readonly ready: Promise<void>;
  /** Messages lost because the buffer was full. */
  readonly dropped: number;
  /**
   * Ends the subscription, or limits it, as {@link Subscription.unsubscribe}; what is buffered is still delivered.
   *
   * @param max After how many messages; at once without it.
   */
  unsubscribe(max?: number): void;
  /**
   * Ends the subscription when what the server has sent has arrived; the loop still gets it.
   *
   * @returns Settles when it has ended. Never rejects.
   */
  drain(): Promise<void>;
}

/** Who watches an observable. What a method throws goes to the error handler as a HandlerError. */
export interface NatsObserver<T> {
  /** A message arrived. @param message All of it, safe to keep. */
  next?(message: NatsMessage<T>): void;
  /**
   * The subscription failed; nothing more comes. Without this method the error handler is told.
   *
   * @param error Why: what {@link NatsCommand.subscribe} rejects with, or the reason for which it ended later,
   *   as TimeoutError.
   */
  error?(error: unknown): void;
  /** The subscription has ended; nothing more comes. */
  complete?(): void;
}

/** The watching of an observable. */
export interface NatsObservation {
  /** Ends it: nothing is told any more. Calling it again does nothing. */
  unsubscribe(): void;
}

declare global {
  interface SymbolConstructor {
    readonly observable: symbol;
  }
}

/**
 * Messages as an observable.
 *
 * @see https://github.com/tc39/proposal-observable
 */
export interface NatsObservable<T> {
  /** Gives this observable to libraries that look for `Symbol.observable`. */
  readonly [Symbol.observable]: () => NatsObservable<T>;

  /**
   * Begins to watch.
   *
   * @param observer Methods for what happens, or a function for messages alone.
   * @returns By this the watching ends.
   * @throws InvalidArgumentError for what is no observer.
   */
  subscribe(observer: NatsObserver<T> | ((message: NatsMessage<T>) => void)): NatsObservation;
}

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

export type { ErrorHandler, Subscription } from "../connection/subscriptions.js";
export type { RawMessage } from "../protocol/frame.js";
export type { WaitOptions } from "../waiting/deadline.js";
