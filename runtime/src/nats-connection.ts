import { connect } from "#transport";
import { checkOptions, shown } from "./arguments.js";
import { encodeUtf8 } from "./buffers/bytes.js";
import { writeBatch } from "./commands/batch.js";
import type {
  BatchItem,
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
} from "./commands/nats-command.js";
import type { NatsEvents, NatsStatuses } from "./connection/events.js";
import { Journal } from "./connection/journal.js";
import { Lifecycle, type NatsConnectionState } from "./connection/lifecycle.js";
import type { NatsStats } from "./connection/nats-stats.js";
import { keepParts } from "./connection/parts.js";
import { Pings } from "./connection/pings.js";
import { Requests } from "./connection/requests.js";
import { Subscriber } from "./connection/subscriber.js";
import { Subscriptions } from "./connection/subscriptions.js";
import { WriteLoop } from "./connection/write-loop.js";
import type { DeliveryContext } from "./delivery/context.js";
import { MessageObservable } from "./delivery/message-observable.js";
import { ReplyQueue } from "./delivery/reply-queue.js";
import { InvalidArgumentError, NatsError } from "./errors.js";
import {
  type NatsOptions,
  type ResolvedOptions,
  resolveOptions,
  resolveServers,
} from "./options/nats-options.js";
import { mergeHeaders } from "./protocol/headers.js";
import type { NatsKey } from "./protocol/nats-key.js";
import type { ServerInfo } from "./protocol/server-info.js";
import { uniqueId } from "./protocol/unique-id.js";
import { checkSerializer, type NatsSerializer } from "./serialization/serializer.js";
import { checkCount, checkSignal, checkTimeout, waitAtMost } from "./waiting/deadline.js";
import { rejected } from "./waiting/deferred.js";

/** One for all calls without options, so that these allocate none. */
const NO_OPTIONS = {};

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
  readonly #subscriber: Subscriber;
  readonly #journal: Journal;
  #slowConsumers = 0;

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
    this.#journal = new Journal(this.options.onError, this.options.logger);
    const parts = {
      writeLoop: this.#writeLoop,
      pings: this.#pings,
      subscriptions: this.#subscriptions,
      requests: this.#requests,
    };
    this.#lifecycle = new Lifecycle(this.options, parts, connect, this.#journal);
    keepParts(this, { ...parts, lifecycle: this.#lifecycle, report: this.#journal.report });
    this.#delivery = {
      nats: this,
      serializer: this.#serializer,
      report: this.#journal.report,
      gate: this.#lifecycle.gate,
      slow: (event) => {
        this.#slowConsumers++;
        this.#journal.events.emit("slowConsumer", event);
      },
      concurrency: this.options.concurrency,
    };
    this.#subscriber = new Subscriber(this.#lifecycle, this.#subscriptions, this.#delivery);
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
      missed: lifecycle.gate.missed,
      slowConsumers: this.#slowConsumers,
    };
  }

  /**
   * Has a function called at an event. What it throws or rejects with goes to `onError` as a HandlerError.
   *
   * @param name The event; see {@link NatsEvents}.
   * @param listener Gets what the event carries. The same one is called once, however often it is given.
   * @throws InvalidArgumentError for an event that there is not.
   */
  on<N extends keyof NatsEvents>(name: N, listener: (event: NatsEvents[N]) => void): this {
    this.#journal.events.on(name, listener);
    return this;
  }

  /**
   * The counterpart of {@link on}.
   *
   * @param name The event.
   * @param listener The function that was given to {@link on}; any other is passed over.
   */
  off<N extends keyof NatsEvents>(name: N, listener: (event: NatsEvents[N]) => void): this {
    this.#journal.events.off(name, listener);
    return this;
  }

  /**
   * All events as a loop gets them.
   *
   * ```ts
   * for await (const event of nats.status()) {
   *   if (event.type === "disconnected") console.log(event.server, event.error);
   * }
   * ```
   *
   * @returns The events from now on, until the connection has ended for good. 1,024 of them may wait.
   */
  status(): NatsStatuses {
    return this.#journal.events.statuses();
  }

  /** The addresses that may be connected to: those of the options, and those that the cluster told of. */
  get servers(): readonly string[] {
    return this.#lifecycle.servers;
  }

  /**
   * Replaces the servers that may be connected to, learned ones too. The connection in use stays; follow
   * with {@link reconnect} to leave it.
   *
   * @param servers As the option `servers`.
   * @throws InvalidArgumentError, ConnectionClosedError
   */
  setServers(servers: string | readonly string[]): void {
    this.#lifecycle.setServers(resolveServers(servers, this.options.authenticator));
  }

  /**
   * Leaves the connection in use for a new one, for example with other credentials or after
   * {@link setServers}: at once when the server has confirmed what was published, or did not within
   * `connectTimeout`. Where attempts to reconnect are under way, the next one is made at once.
   *
   * @returns Settles when the new connection is open. Rejects with ConnectionClosedError or
   *   ConnectionDrainingError, or why no more attempts are made.
   */
  reconnect(): Promise<void> {
    return this.#lifecycle.reconnect();
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
   *
   * @returns Settles when the connection has ended. It waits for handlers with `concurrency` and for loops,
   *   so none of them may await it; {@link close} ends the waiting. Rejects with ConnectionClosedError when
   *   the connection was closed before.
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
   *
   * @returns Settles when the connection has ended, within `requestTimeout` also when the server does not
   *   answer; what it has not confirmed by then is reported by a MessagesInDoubtError. Never rejects.
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
    if (options !== undefined) checkOptions(options);
    const { writer } = this.#writeLoop;
    const serializerOf = (value: unknown) =>
      (options?.serializer as NatsSerializer | undefined) ?? this.#serializerFor(value);
    const headersOf =
      (options || this.#serializer.headers) &&
      (([, value]: BatchItem) =>
        mergeHeaders(options?.headers, serializerOf(value)?.headers?.(value)));
    writeBatch(items, writer, headersOf, ([key, value], headers) =>
      writer.publish(key, value, serializerOf(value), headers, options?.reply),
    );
    this.#writeLoop.wake();
  }

  subscribe<T>(
    key: NatsKey | string,
    handler: NatsHandler<T>,
    options?: SubscribeOptions<T>,
  ): Promise<Subscription> {
    return this.#subscriber.subscribe(key, handler, options);
  }

  respond<Q, R>(
    key: NatsKey | string,
    handler: NatsHandler<Q, R>,
    options?: RespondOptions<Q, R>,
  ): Promise<Subscription> {
    return this.#subscriber.respond(key, handler, options);
  }

  request<R, Q = unknown>(
    key: NatsKey | string,
    value?: Q,
    options: RequestOptions<Q, R> = NO_OPTIONS,
  ): Promise<R> {
    try {
      if (options !== NO_OPTIONS) checkOptions(options);
      this.#lifecycle.ensureNotDraining();
      this.#lifecycle.ensureOpening();
      const { headers, timeout = this.options.requestTimeout, signal, replySerializer } = options;
      if (replySerializer !== undefined) checkSerializer("replySerializer", replySerializer);
      checkSignal(signal);
      const serializer = options.serializer ?? this.#serializerFor(value);
      return this.#requests.request(
        key,
        value,
        serializer,
        replySerializer ?? options.serializer ?? this.#serializer,
        mergeHeaders(headers, serializer?.headers?.(value)),
        checkTimeout(timeout),
        signal,
        options.sameConnection,
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
    checkOptions(options);
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

  messages<T>(key: NatsKey | string, options?: SubscribeOptions<T>): NatsMessages<T> {
    return this.#subscriber.messages(key, options);
  }

  observe<T>(key: NatsKey | string, options?: SubscribeOptions<T>): NatsObservable<T> {
    return new MessageObservable(this, key, options);
  }

  listen(
    key: NatsKey | string,
    handler: (message: RawMessage) => void,
    options?: ListenOptions,
  ): Promise<Subscription> {
    return this.#subscriber.listen(key, handler, options);
  }

  createInbox(): string {
    return `${this.options.inboxPrefix}${uniqueId()}`;
  }

  report(error: NatsError): void {
    this.#journal.report(error);
  }

  writeDirect(protocol: Uint8Array | string, repeat = 1): void {
    if (typeof protocol !== "string" && !(protocol instanceof Uint8Array)) {
      throw new InvalidArgumentError(`"protocol" is text or bytes, not ${shown(protocol)}.`);
    }
    if (!Number.isSafeInteger(repeat) || repeat < 0) {
      throw new InvalidArgumentError(`"repeat" is a whole number from 0 on, not ${shown(repeat)}.`);
    }
    this.#lifecycle.ensureOpening();
    const bytes =
      typeof protocol === "string" ? encodeUtf8(`${protocol}\r\n`.repeat(repeat)) : protocol;
    this.#writeLoop.writer.direct(bytes);
    this.#writeLoop.wake();
  }

  async ping(options: WaitOptions = NO_OPTIONS): Promise<number> {
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
    if (options === undefined && (value === undefined || value instanceof Uint8Array)) {
      writer.publish(key, value, undefined, undefined, undefined);
      return;
    }
    if (options !== undefined) checkOptions(options);
    const {
      serializer = this.#serializerFor(value),
      headers,
      reply,
    } = options ?? (NO_OPTIONS as PublishOptions<T>);
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

  /** A publish that was refused: reported too, since its promise may be ignored. */
  #refused(error: unknown): Promise<never> {
    if (error instanceof NatsError) this.#journal.report(error);
    return rejected(error);
  }
}

function checkWait(options: WaitOptions): void {
  checkOptions(options);
  const { timeout, signal } = options;
  if (timeout !== undefined) checkTimeout(timeout);
  checkSignal(signal);
}
