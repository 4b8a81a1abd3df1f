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
import { Engine } from "./connection/engine.js";
import type { NatsEvents, NatsStatuses } from "./connection/events.js";
import type { Lifecycle } from "./connection/lifecycle.js";
import type { NatsStats } from "./connection/nats-stats.js";
import { requestMany } from "./connection/request-many.js";
import type { NatsConnectionState } from "./connection/state.js";
import { Subscriber } from "./connection/subscriber.js";
import type { WriteLoop } from "./connection/write-loop.js";
import type { DeliveryContext } from "./delivery/context.js";
import { MessageObservable } from "./delivery/message-observable.js";
import { InvalidArgumentError, type NatsError } from "./errors.js";
import type { NatsOptions, ResolvedOptions } from "./options/nats-options.js";
import { mergeHeaders } from "./protocol/headers.js";
import type { NatsKey } from "./protocol/nats-key.js";
import type { ServerInfo } from "./protocol/server-info.js";
import { uniqueId } from "./protocol/unique-id.js";
import { checkSerializer, type NatsSerializer, serializerFor } from "./serialization/serializer.js";
import { callOf, failedCall } from "./waiting/call.js";
import {
  checkCount,
  checkSignal,
  checkTimeout,
  checkWait,
  type DrainOptions,
  waitAtMost,
} from "./waiting/deadline.js";

/** Shared by all calls without options, which so allocate none. */
const NO_OPTIONS = {};

/** @returns The engine of a connection, for other APIs of this package. */
export let engineOf: (connection: NatsConnection) => Engine;

/**
 * Connection to a NATS server. It connects with the first command, and reconnects whenever it was lost;
 * all commands share it.
 *
 * ```ts
 * await using nats = new NatsConnection({ servers: "nats://localhost:4222" });
 * await nats.subscribe<Chat>("game.*.chat", (chat, { subject }) => console.log(subject, chat.text));
 * await nats.publish("game.eu-1.chat", { text: "hello" });
 * ```
 */
export class NatsConnection implements NatsCommand, AsyncDisposable {
  /** Options with all defaults, frozen. Spread them to derive others. */
  readonly options: ResolvedOptions;

  readonly #engine: Engine;
  readonly #lifecycle: Lifecycle;
  readonly #writeLoop: WriteLoop;
  readonly #serializer: NatsSerializer;
  readonly #delivery: DeliveryContext;
  readonly #subscriber: Subscriber;

  static {
    engineOf = (connection) => connection.#engine;
  }

  /**
   * @param options Options of the connection; see {@link NatsOptions}.
   * @throws InvalidArgumentError naming the option.
   */
  constructor(options?: NatsOptions) {
    const engine = new Engine(options);
    this.options = engine.options;
    this.#engine = engine;
    this.#lifecycle = engine.lifecycle;
    this.#writeLoop = engine.writeLoop;
    this.#serializer = this.options.serializer;
    this.#delivery = {
      nats: this,
      serializer: this.#serializer,
      report: engine.journal.report,
      gate: engine.lifecycle.gate,
      slow: engine.journal.slow,
      concurrency: this.options.concurrency,
    };
    this.#subscriber = new Subscriber(engine, this.#delivery);
  }

  /** State of the connection: `closed` before the first use and after the end. */
  get state(): NatsConnectionState {
    return this.#lifecycle.state;
  }

  /** Latest INFO of the server; `undefined` while there is no connection. */
  get serverInfo(): ServerInfo | undefined {
    return this.#lifecycle.serverInfo;
  }

  /** @returns Counters of the connection since it was made, and what waits now. */
  getStats(): NatsStats {
    return this.#engine.stats();
  }

  /**
   * Adds a listener of an event. An error that it throws or rejects with goes to `onError` as a HandlerError.
   *
   * @param name The event; see {@link NatsEvents}.
   * @param listener Called with the details of the event. Adding the same function again does nothing.
   * @throws InvalidArgumentError for an unknown event.
   */
  on<N extends keyof NatsEvents>(name: N, listener: (event: NatsEvents[N]) => void): this {
    this.#engine.journal.events.on(name, listener);
    return this;
  }

  /**
   * Removes a listener.
   *
   * @param name The event.
   * @param listener The function that was given to {@link on}; any other is ignored.
   */
  off<N extends keyof NatsEvents>(name: N, listener: (event: NatsEvents[N]) => void): this {
    this.#engine.journal.events.off(name, listener);
    return this;
  }

  /**
   * All events, for a loop.
   *
   * ```ts
   * for await (const event of nats.status()) {
   *   if (event.type === "disconnected") console.log(event.server, event.error);
   * }
   * ```
   *
   * @returns The events from now on, until the connection has ended for good. Up to 1,024 may wait.
   */
  status(): NatsStatuses {
    return this.#engine.journal.events.statuses();
  }

  /** Addresses that may be connected to: those of the options, and those learned from the cluster. */
  get servers(): readonly string[] {
    return this.#lifecycle.dialler.servers;
  }

  /**
   * Replaces the servers that may be connected to, learned ones too. The connection in use stays; call
   * {@link reconnect} to replace it.
   *
   * @param servers As the option `servers`.
   * @throws InvalidArgumentError, ConnectionClosedError
   */
  setServers(servers: string | readonly string[]): void {
    this.#lifecycle.setServers(servers);
  }

  /**
   * Replaces the connection in use by a new one, for example with other credentials or after
   * {@link setServers}: as soon as the server has confirmed what was published, after `connectTimeout` at the
   * latest. While the connection is being reconnected, the next attempt is made at once.
   *
   * @returns Settles when the new connection is open. Rejects with ConnectionClosedError or
   *   ConnectionDrainingError, or with the error that ended the attempts.
   */
  reconnect(): Promise<void> {
    return this.#call(() => this.#lifecycle.reconnect());
  }

  /**
   * Connects. Commands do that by themselves; call it to find out early whether the server is there.
   *
   * @returns Settles when the connection is open. Rejects with ConnectionError or AuthorizationError when
   *   no server accepts it within `connectTimeout`, with ConnectionClosedError after {@link close}.
   */
  connect(): Promise<void> {
    return this.#call(() => this.#lifecycle.open());
  }

  /**
   * Ends the connection gracefully: each subscription as by its own `drain()`, then the connection as by
   * {@link close}. Meanwhile publishing goes on, but subscribing and requesting reject with
   * ConnectionDrainingError.
   *
   * @param options `timeout`: milliseconds that it may take, instead of `drainTimeout`. Then the connection ends
   *   as it is, and `onError` gets a TimeoutError.
   * @returns Settles when the connection has ended. It waits for handlers with `concurrency`, so none of them may
   *   await it; {@link close} ends the waiting. Rejects with ConnectionClosedError when the connection was closed
   *   before.
   */
  drain(options?: DrainOptions): Promise<void> {
    return this.#call(() => this.#engine.farewell.drain(options));
  }

  /**
   * @returns Settles when the connection has ended permanently: with an error unless the program ended it, for
   *   example when credentials were refused twice. Never rejects.
   */
  closed(): Promise<NatsError | undefined> {
    return this.#lifecycle.closed();
  }

  /**
   * Ends the connection for good. Published messages are delivered first; pending requests reject with
   * ConnectionClosedError; subscriptions and loops end.
   *
   * @returns Settles when the connection has ended, after `requestTimeout` at the latest if the server does
   *   not answer; messages that it has not confirmed are then reported by a MessagesInDoubtError. Never rejects.
   */
  close(): Promise<void> {
    return this.#engine.farewell.close();
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
      this.#lifecycle.ensureOpening();
      const ends: number[] | undefined = this.#writeLoop.early && [];
      this.#postBatch(items, options, ends);
      return this.#accepted(options, ends);
    } catch (error) {
      return this.#refused(error);
    }
  }

  postBatch<T>(items: Iterable<BatchItem<T>>, options?: PublishOptions<T>): void {
    this.#postBatch(items, options, undefined);
  }

  /** @param ends Filled with the bytes written up to the end of each message. */
  #postBatch<T>(
    items: Iterable<BatchItem<T>>,
    options: PublishOptions<T> | undefined,
    ends: number[] | undefined,
  ): void {
    this.#lifecycle.ensureOpening();
    if (options !== undefined) checkOptions(options);
    const { writer } = this.#writeLoop;
    const serializerOf = (value: unknown) =>
      (options?.serializer as NatsSerializer | undefined) ?? serializerFor(value, this.#serializer);
    const headersOf =
      (options || this.#serializer.headers) &&
      (([, value]: BatchItem) =>
        mergeHeaders(options?.headers, serializerOf(value)?.headers?.(value)));
    writeBatch(items, writer, headersOf, ([key, value], headers) => {
      writer.publish(key, value, serializerOf(value), headers, options?.reply);
      ends?.push(this.#writeLoop.written);
    });
    this.#writeLoop.wake();
  }

  subscribe<T>(
    key: NatsKey | string,
    handler: NatsHandler<T>,
    options?: SubscribeOptions<T>,
  ): Promise<Subscription> {
    return this.#call(() => this.#subscriber.subscribe(key, handler, options));
  }

  respond<Q, R>(
    key: NatsKey | string,
    handler: NatsHandler<Q, R>,
    options?: RespondOptions<Q, R>,
  ): Promise<Subscription> {
    return this.#call(() => this.#subscriber.respond(key, handler, options));
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
      const serializer = options.serializer ?? serializerFor(value, this.#serializer);
      return this.#engine.requests.request(
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
      return this.#refused(error);
    }
  }

  requestMany<R, Q = unknown>(
    key: NatsKey | string,
    value?: Q,
    options?: RequestManyOptions<Q, R>,
  ): NatsReplies<R> {
    return requestMany(this.#engine, this.#delivery, key, value, options);
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
    return this.#call(() => this.#subscriber.listen(key, handler, options));
  }

  createInbox(): string {
    return `${this.options.inboxPrefix}${uniqueId()}`;
  }

  report(error: NatsError): void {
    this.#engine.journal.report(error);
  }

  writeDirect(protocol: Uint8Array | string, repeat = 1): void {
    if (typeof protocol !== "string" && !(protocol instanceof Uint8Array)) {
      throw new InvalidArgumentError(`"protocol" must be text or bytes, not ${shown(protocol)}.`);
    }
    checkCount("repeat", repeat, 0);
    this.#lifecycle.ensureOpening();
    const bytes =
      typeof protocol === "string" ? encodeUtf8(`${protocol}\r\n`.repeat(repeat)) : protocol;
    this.#writeLoop.writer.direct(bytes);
    this.#writeLoop.wake();
  }

  ping(options: WaitOptions = NO_OPTIONS): Promise<number> {
    return this.#call(() => {
      checkWait(options);
      this.#lifecycle.ensureOpening();
      const { timeout = this.options.requestTimeout, signal } = options;
      return waitAtMost(this.#engine.pings.ask(), { timeout, signal }, "The server did not answer");
    });
  }

  flush(options?: WaitOptions): Promise<void> {
    return this.ping(options) as Promise<unknown> as Promise<void>;
  }

  #write<T>(key: NatsKey | string, value: T, options: PublishOptions<T> | undefined): void {
    const { writer } = this.#writeLoop;
    if (options === undefined && (value === undefined || value instanceof Uint8Array)) {
      writer.publish(key, value, undefined, undefined, undefined);
      return;
    }
    if (options !== undefined) checkOptions(options);
    const {
      serializer = serializerFor(value, this.#serializer),
      headers,
      reply,
    } = options ?? (NO_OPTIONS as PublishOptions<T>);
    const sent = mergeHeaders(headers, serializer?.headers?.(value));
    writer.publish(key, value, serializer, sent, reply);
  }

  /** @returns Settles when the publisher may go on; rejects when its limit ended the waiting. */
  #accepted(options: PublishWaitOptions | undefined, ends?: readonly number[]): Promise<void> {
    const accepted = this.#writeLoop.accepted(ends);
    if (options?.timeout === undefined && options?.signal === undefined) return accepted;
    return this.#call(() => waitAtMost(accepted, options, "The socket did not drain"));
  }

  /** A failure of what nobody awaits is reported. */
  #call<T>(work: () => Promise<T>): Promise<T> {
    return callOf(work, this.#engine.journal);
  }

  #refused(error: unknown): Promise<never> {
    return failedCall(error, this.#engine.journal);
  }
}
