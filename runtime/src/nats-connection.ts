import { writeBatch } from "./batch.js";
import { encodeUtf8, utf8Length } from "./buffers/bytes.js";
import { checkCount, checkSignal, checkTimeout, waitAtMost } from "./commands/deadline.js";
import { rejected } from "./commands/deferred.js";
import { Lifecycle, type NatsConnectionState } from "./connection/lifecycle.js";
import { Pings } from "./connection/pings.js";
import { Requests } from "./connection/requests.js";
import { expectFirst } from "./connection/subscription-timeout.js";
import {
  type Receiver,
  type SubscriptionEntry,
  Subscriptions,
} from "./connection/subscriptions.js";
import { WriteLoop } from "./connection/write-loop.js";
import {
  type DeliveryContext,
  errorHandler,
  isThenable,
  rawReceiver,
  typedReceiver,
} from "./delivery.js";
import { InvalidArgumentError, NatsError } from "./errors.js";
import type { NatsEvents } from "./events.js";
import { MessageObservable } from "./message-observable.js";
import { MessageQueue } from "./message-queue.js";
import type {
  BatchItem,
  ErrorHandler,
  ListenOptions,
  NatsCommand,
  NatsHandler,
  NatsMessages,
  NatsObservable,
  NatsReplies,
  PublishOptions,
  PublishWaitOptions,
  RawMessage,
  RequestManyOptions,
  RequestOptions,
  RespondOptions,
  SubscribeOptions,
  Subscription,
  WaitOptions,
} from "./nats-command.js";
import { type NatsOptions, type ResolvedOptions, resolveOptions } from "./nats-options.js";
import type { NatsStats } from "./nats-stats.js";
import { mergeHeaders } from "./protocol/headers.js";
import { NatsKey } from "./protocol/nats-key.js";
import type { ServerInfo } from "./protocol/server-info.js";
import { checkQueue, checkSubject, lineTooLong, notAKey } from "./protocol/subject.js";
import { ReplyQueue } from "./reply-queue.js";
import { refuseRequest, responding } from "./responder.js";
import type { NatsSerializer } from "./serialization/serializer.js";
import { connectTcp } from "./transport/tcp.js";

/** Bytes of a subject and a queue group together that fit the line that servers take. */
const LONGEST_SUBJECT = 4_000;

/**
 * A connection to a NATS server. It connects with the first command, and again whenever it was lost;
 * all commands share it.
 *
 * ```ts
 * await using nats = new NatsConnection({ servers: "nats://localhost:4222" });
 * await nats.subscribe<Chat>("game.*.chat", (chat, { subject }) => console.log(subject, chat.text));
 * await nats.publish("game.eu-1.chat", { text: "hello" });
 * ```
 */
export class NatsConnection implements NatsCommand, AsyncDisposable {
  /** The options with all defaults, frozen. Derive others by spreading them. */
  readonly options: ResolvedOptions;

  readonly #serializer: NatsSerializer;
  readonly #writeLoop: WriteLoop;
  readonly #pings: Pings;
  readonly #subscriptions: Subscriptions;
  readonly #requests: Requests;
  readonly #lifecycle: Lifecycle;
  readonly #delivery: DeliveryContext;

  /**
   * @param options How the connection behaves; see {@link NatsOptions}.
   * @throws InvalidArgumentError naming the option.
   */
  constructor(options?: NatsOptions) {
    this.options = resolveOptions(options);
    const { maxPendingBytes, writerBufferSize } = this.options;
    this.#serializer = this.options.serializer;
    this.#writeLoop = new WriteLoop(maxPendingBytes, writerBufferSize);
    this.#pings = new Pings(this.#writeLoop);
    this.#subscriptions = new Subscriptions(this.#writeLoop, this.#pings);
    this.#requests = new Requests(this.#writeLoop, this.#subscriptions, this.options);
    this.#lifecycle = new Lifecycle(
      this.options,
      {
        writeLoop: this.#writeLoop,
        pings: this.#pings,
        subscriptions: this.#subscriptions,
        requests: this.#requests,
      },
      connectTcp,
      this.#report,
    );
    this.#delivery = {
      nats: this,
      serializer: this.#serializer,
      report: this.#report,
      gate: this.#lifecycle,
      concurrency: this.options.concurrency,
    };
  }

  /** Where the connection stands. */
  get state(): NatsConnectionState {
    return this.#lifecycle.state;
  }

  /** What the server said of itself; `undefined` while there is no connection. */
  get serverInfo(): ServerInfo | undefined {
    return this.#lifecycle.serverInfo;
  }

  /** @returns What the connection has done so far, and what waits. */
  getStats(): NatsStats {
    const lifecycle = this.#lifecycle;
    const writeLoop = this.#writeLoop;
    return {
      sentBytes: writeLoop.handedBytes,
      receivedBytes: lifecycle.receivedBytes,
      pendingBytes: writeLoop.pendingBytes,
      pendingMessages: writeLoop.waitingMessages,
      sentMessages: writeLoop.handedMessages,
      receivedMessages: lifecycle.receivedMessages,
      subscriptions: this.#subscriptions.count,
      reconnects: lifecycle.reconnects,
      dropped: lifecycle.droppedMessages,
    };
  }

  /** Has a function called at an event; see {@link NatsEvents}. */
  on<N extends keyof NatsEvents>(name: N, listener: (event: NatsEvents[N]) => void): this {
    this.#lifecycle.events.on(name, listener);
    return this;
  }

  /** The counterpart of {@link on}. */
  off<N extends keyof NatsEvents>(name: N, listener: (event: NatsEvents[N]) => void): this {
    this.#lifecycle.events.off(name, listener);
    return this;
  }

  /**
   * Connects. Commands do that by themselves; call it to learn early whether the server is there.
   *
   * @returns Settles when the connection is open. Rejects with ConnectionError or AuthorizationError when
   *   no server accepts it within `connectTimeout`, with ConnectionClosedError after {@link close}.
   */
  connect(): Promise<void> {
    return this.#lifecycle.open();
  }

  /**
   * Ends the connection when what is under way has arrived: each subscription as by its own `drain()`,
   * then the connection as by {@link close}. Meanwhile publishing goes on, but subscribing and requesting
   * reject with ConnectionDrainingError.
   */
  drain(): Promise<void> {
    return this.#lifecycle.drain();
  }

  /**
   * @returns Settles when the connection has ended for good: with the reason where it was not asked for,
   *   as when credentials were refused twice. Never rejects.
   */
  closed(): Promise<NatsError | undefined> {
    return this.#lifecycle.closed();
  }

  /**
   * Ends the connection for good. What was published before is delivered first; requests that wait
   * reject with ConnectionClosedError; subscriptions and loops end.
   */
  close(): Promise<void> {
    return this.#lifecycle.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  publish<T>(key: NatsKey | string, value?: T, options?: PublishWaitOptions<T>): Promise<void> {
    try {
      if (options !== undefined) checkWait(options);
      this.post(key, value, options);
      return this.#accepted(options);
    } catch (error) {
      return this.#refused(error);
    }
  }

  post<T>(key: NatsKey | string, value?: T, options?: PublishOptions<T>): void {
    this.#lifecycle.ensureOpening();
    this.#write(key, value, options);
    this.#writeLoop.wake();
  }

  publishBatch<T>(items: Iterable<BatchItem<T>>, options?: PublishWaitOptions<T>): Promise<void> {
    try {
      if (options !== undefined) checkWait(options);
      this.postBatch(items, options);
      return this.#accepted(options);
    } catch (error) {
      return this.#refused(error);
    }
  }

  postBatch<T>(items: Iterable<BatchItem<T>>, options?: PublishOptions<T>): void {
    this.#lifecycle.ensureOpening();
    writeBatch(items, this.#writeLoop.writer, ([key, value]) => this.#write(key, value, options));
    this.#writeLoop.wake();
  }

  async subscribe<T>(
    key: NatsKey | string,
    handler: NatsHandler<T>,
    options: SubscribeOptions<T> = {},
  ): Promise<Subscription> {
    const receiver = typedReceiver<T>(String(key), options, this.#delivery, (message) =>
      handler(message.value, message),
    );
    return this.#confirmed(this.#subscribe(key, receiver, options), options.signal);
  }

  async respond<Q, R>(
    key: NatsKey | string,
    handler: NatsHandler<Q, R>,
    options: RespondOptions<Q, R> = {},
  ): Promise<Subscription> {
    const serializer =
      options.replySerializer ?? (options.serializer as NatsSerializer | undefined);
    const receiver = typedReceiver<Q>(
      String(key),
      options,
      this.#delivery,
      responding(handler, serializer as NatsSerializer | undefined),
      (reply, cause) => refuseRequest(this, reply, cause),
    );
    return this.#confirmed(this.#subscribe(key, receiver, options), options.signal);
  }

  request<R, Q = unknown>(
    key: NatsKey | string,
    value?: Q,
    options?: RequestOptions<Q, R>,
  ): Promise<R> {
    try {
      this.#lifecycle.ensureNotDraining();
      this.#lifecycle.ensureOpening();
      if (options === undefined) {
        return this.#requests.request(
          key,
          value,
          this.#serializerFor(value),
          this.#serializer,
          undefined,
          this.options.requestTimeout,
          undefined,
        ) as Promise<R>;
      }
      const { headers, timeout = this.options.requestTimeout, signal } = options;
      checkSignal(signal);
      const serializer = options.serializer ?? this.#serializerFor(value);
      return this.#requests.request(
        key,
        value,
        serializer,
        options.replySerializer ?? options.serializer ?? this.#serializer,
        mergeHeaders(headers, serializer?.headers?.(value)),
        checkTimeout(timeout),
        signal,
      ) as Promise<R>;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  requestMany<R, Q = unknown>(
    key: NatsKey | string,
    value?: Q,
    options: RequestManyOptions<Q, R> = {},
  ): NatsReplies<R> {
    const { headers, timeout = this.options.requestTimeout, max, stall, signal } = options;
    const replies = new ReplyQueue<R>(
      String(key),
      options as RequestManyOptions<unknown, R>,
      this.#delivery,
    );
    try {
      const limits = {
        timeout: checkTimeout(timeout),
        max: max === undefined ? Number.POSITIVE_INFINITY : checkCount("max", max),
        stall: stall === undefined ? undefined : checkTimeout(stall),
      };
      checkSignal(signal);
      this.#lifecycle.ensureNotDraining();
      this.#lifecycle.ensureOpening();
      const serializer = options.serializer ?? this.#serializerFor(value);
      const sent = mergeHeaders(headers, serializer?.headers?.(value));
      const requests = this.#requests;
      replies.start(requests.requestMany(key, value, serializer, sent, replies, limits), signal);
    } catch (error) {
      replies.end(error);
    }
    return replies;
  }

  messages<T>(key: NatsKey | string, options: SubscribeOptions<T> = {}): NatsMessages<T> {
    const report = errorHandler(options, this.#report);
    const queue = new MessageQueue<T>(String(key), options, this.#lifecycle, report);
    try {
      // The loop itself is the queue.
      const direct = { ...options, concurrency: 0 };
      const receiver = typedReceiver<T>(String(key), direct, this.#delivery, (message) =>
        queue.push(message),
      );
      const ended = (why: NatsError | undefined) => queue.end(why);
      const entry = this.#subscribe(key, { ...receiver, ended, iterated: true }, options);
      queue.start(entry, this.#confirmed(entry, options.signal));
    } catch (error) {
      queue.end(error);
    }
    return queue;
  }

  observe<T>(key: NatsKey | string, options?: SubscribeOptions<T>): NatsObservable<T> {
    return new MessageObservable(this, key, options);
  }

  async listen(
    key: NatsKey | string,
    handler: (message: RawMessage) => void,
    options: ListenOptions = {},
  ): Promise<Subscription> {
    const receiver = rawReceiver(options, this.#report, handler);
    return this.#confirmed(this.#subscribe(key, receiver, options), options.signal);
  }

  writeDirect(protocol: Uint8Array | string, repeat = 1): void {
    if (!Number.isSafeInteger(repeat) || repeat < 0) {
      throw new InvalidArgumentError(
        `"repeat" is a whole number from 0 on, not ${String(repeat)}.`,
      );
    }
    this.#lifecycle.ensureOpening();
    const bytes =
      typeof protocol === "string" ? encodeUtf8(`${protocol}\r\n`.repeat(repeat)) : protocol;
    this.#writeLoop.writer.direct(bytes);
    this.#writeLoop.wake();
  }

  async ping(options: WaitOptions = {}): Promise<number> {
    checkWait(options);
    this.#lifecycle.ensureOpening();
    const { timeout = this.options.requestTimeout, signal } = options;
    return waitAtMost(this.#pings.ask(), { timeout, signal }, "The server did not answer");
  }

  async flush(options?: WaitOptions): Promise<void> {
    await this.ping(options);
  }

  #write<T>(key: NatsKey | string, value: T, options: PublishOptions<T> | undefined): void {
    const { writer } = this.#writeLoop;
    if (options === undefined) {
      writer.publish(key, value, this.#serializerFor(value), undefined, undefined);
      return;
    }
    const { serializer = this.#serializerFor(value), headers, reply } = options;
    const sent = mergeHeaders(headers, serializer?.headers?.(value));
    writer.publish(key, value, serializer, sent, reply);
  }

  /** Bytes go as they are, and no value is an empty payload: both without a serializer. */
  #serializerFor(value: unknown): NatsSerializer | undefined {
    return value === undefined || value instanceof Uint8Array ? undefined : this.#serializer;
  }

  /** @returns When the publisher may go on, or what ended its waiting. */
  #accepted(options: PublishWaitOptions | undefined): Promise<void> {
    const accepted = this.#writeLoop.accepted();
    if (options?.timeout === undefined && options?.signal === undefined) return accepted;
    return waitAtMost(accepted, options, "The socket did not drain");
  }

  #subscribe(key: NatsKey | string, receiver: Receiver, options: ListenOptions): SubscriptionEntry {
    const { queue, signal, max = 0, timeout } = options;
    checkSignal(signal);
    if (options.max !== undefined) checkCount("max", max);
    if (timeout !== undefined) checkTimeout(timeout);
    if (typeof key === "string") checkSubject(key);
    else if (!(key instanceof NatsKey)) throw notAKey(key);
    if (queue !== undefined) checkQueue(queue);
    const subject = String(key);
    if (utf8Length(subject) + utf8Length(queue ?? "") > LONGEST_SUBJECT) throw lineTooLong(subject);
    this.#lifecycle.ensureNotDraining();
    this.#lifecycle.ensureOpening();
    const report = errorHandler(options, this.#report);
    const entry = this.#subscriptions.add(subject, queue, receiver, max, report);
    if (timeout !== undefined) expectFirst(entry, timeout);
    if (signal !== undefined) {
      const abort = () => entry.unsubscribe();
      signal.addEventListener("abort", abort, { once: true });
      void entry.closed.then(() => signal.removeEventListener("abort", abort));
    }
    return entry;
  }

  /** @returns The subscription, when the server has it. */
  #confirmed(entry: SubscriptionEntry, signal: AbortSignal | undefined): Promise<Subscription> {
    return this.#subscriptions.confirmed(entry, signal, () => this.#lifecycle.ensureOpening());
  }

  readonly #report: ErrorHandler = (error) => {
    // An error handler must not end the reading either.
    const failed = (cause: unknown): void => console.error(cause);
    try {
      const result: unknown = this.options.onError(error);
      if (isThenable(result)) result.then(undefined, failed);
    } catch (cause) {
      failed(cause);
    }
  };

  /** A publish that was refused: reported too, since its promise may be ignored. */
  #refused(error: unknown): Promise<never> {
    if (error instanceof NatsError) this.#report(error);
    return rejected(error);
  }
}

function checkWait({ timeout, signal }: WaitOptions): void {
  if (timeout !== undefined) checkTimeout(timeout);
  checkSignal(signal);
}
