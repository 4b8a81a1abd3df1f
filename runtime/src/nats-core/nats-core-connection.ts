import {
  type ConnectionClosedListener,
  type ConnectionOptions,
  createInbox,
  Empty,
  errors,
  Features,
  type Msg,
  type MsgHdrs,
  type NatsConnection,
  type NatsConnectionImpl,
  type Payload,
  type PublishOptions,
  parseSemVer,
  type QueuedIterator,
  type RequestManyOptions,
  type RequestOptions,
  type SemVer,
  type Server,
  type ServerInfo,
  type Stats,
  type Status,
  type Subscription,
  type SubscriptionImpl,
  type SubscriptionOptions,
} from "@nats-io/nats-core/internal";
import type { Engine } from "../connection/engine.js";
import { HandlerError } from "../errors.js";
import { checkLength, checkSubject as checkListened, checkQueue } from "../protocol/subject.js";
import { LONGEST_TIMEOUT } from "../waiting/deadline.js";
import { ConnectionStatus } from "./connection-status.js";
import { EngineProtocol } from "./engine-protocol.js";
import { failed } from "./errors.js";
import { noResponders, Replies } from "./replies.js";
import { checkSubject } from "./write-as-is.js";

/** Default timeout of requests in milliseconds. */
const DEFAULT_TIMEOUT = 1_000;
const NO_OPTIONS: PublishOptions = {};

/**
 * A connection of the engine with the interface of `@nats-io/nats-core`: the same members, results
 * and errors. {@link connect} and {@link natsCore} create it.
 */
export class NatsCoreConnection implements NatsConnection {
  /** The options with the defaults of `@nats-io/nats-core`. */
  readonly options: ConnectionOptions;
  /** Features of the current server. */
  readonly features: Features = new Features(parseSemVer("0.0.0"));

  readonly #engine: Engine;
  readonly #protocol: EngineProtocol;
  readonly #status: ConnectionStatus;
  readonly #closed: Promise<undefined | Error>;
  #closeListeners: readonly ConnectionClosedListener[] | undefined;
  #draining = false;

  /**
   * @param engine The engine.
   * @param options The options with the defaults of `@nats-io/nats-core`.
   */
  constructor(engine: Engine, options: ConnectionOptions) {
    this.#engine = engine;
    this.options = options;
    this.#protocol = new EngineProtocol(engine, options);
    this.#status = new ConnectionStatus(engine, this.#protocol, this.features);
    if (options.reconnectToServer) this.#status.chooseWith(options.reconnectToServer);
    this.#closed = this.#status.closed;
  }

  get info(): ServerInfo {
    // The interface declares it as an optional property, which a getter cannot be.
    return (this.isClosed() ? undefined : this.#engine.lifecycle.serverInfo) as ServerInfo;
  }

  /** Members of the official protocol handler that other packages and `Bench` read. */
  get protocol(): EngineProtocol {
    return this.#protocol;
  }

  closed(): Promise<undefined | Error> {
    return this.#closed;
  }

  async close(): Promise<void> {
    await this.#engine.farewell.close();
    await this.#closed;
  }

  isClosed(): boolean {
    return this.#protocol.closed;
  }

  isDraining(): boolean {
    return this.#draining;
  }

  publish(subject: string, payload?: Payload, options?: PublishOptions): void {
    try {
      this.#protocol.send(subject, payload, options);
    } catch (error) {
      // Draining has finished, but the connection is not closed yet.
      if (error instanceof errors.ClosedConnectionError && this.#draining && !this.isClosed()) {
        throw new errors.DrainingConnectionError();
      }
      throw error;
    }
  }

  publishMessage({ subject, data, reply, headers }: Msg): void {
    this.publish(subject, data, publishOptions(reply, headers));
  }

  respondMessage({ data, reply, headers }: Msg): boolean {
    if (!reply) return false;
    this.publish(reply, data, publishOptions(reply, headers));
    return true;
  }

  subscribe(subject: string, options: SubscriptionOptions = {}): Subscription {
    this.#checkListening(subject);
    const { queue, slow } = options;
    checkSubscription(subject, queue);
    const subscription = this.#protocol.subscribe(subject, options);
    if (typeof options.callback !== "function" && typeof slow === "number") {
      subscription.setSlowNotificationFn(slow, (pending) =>
        this.#status.tell({ type: "slowConsumer", sub: subscription, pending }),
      );
    }
    return subscription;
  }

  /**
   * Moves a subscription to another subject. `@nats-io/jetstream` uses it when it restarts a
   * consumer.
   */
  _resub(subscription: Subscription, subject: string, max?: number): void {
    this.#checkListening(subject);
    checkSubscription(subject, undefined);
    this.#protocol.resub(subscription as SubscriptionImpl, subject, max);
  }

  request(subject: string, payload?: Payload, options?: RequestOptions): Promise<Msg> {
    try {
      this.#checkListening(subject);
      if (options === undefined) {
        return this.#protocol.ask(subject, payload, NO_OPTIONS, DEFAULT_TIMEOUT);
      }
      const timeout = checkTimeout(options.timeout || DEFAULT_TIMEOUT);
      if (options.noMux) return this.#requestAlone(subject, payload, options, timeout);
      if (options.reply) {
        throw errors.InvalidArgumentError.format(["reply", "noMux"], "are mutually exclusive");
      }
      return this.#protocol.ask(subject, payload, options, timeout);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  async requestMany(
    subject: string,
    payload: Payload = Empty,
    options: Partial<RequestManyOptions> = {},
  ): Promise<QueuedIterator<Msg>> {
    this.#checkListening(subject);
    const maxWait = checkTimeout(options.maxWait || DEFAULT_TIMEOUT);
    const protocol = this.#protocol;
    const asked = { ...options, strategy: options.strategy ?? ("timer" as const), maxWait };
    let reply: string;
    let done = (): void => {};
    const replies = new Replies(subject, asked, () => done());
    if (options.noMux) {
      const inbox = createInbox(this.options.inboxPrefix);
      const callback = (error: Error | null, message: Msg) =>
        replies.resolver(error ?? noResponders(message, subject), message);
      const subscription = protocol.subscribe(inbox, { callback });
      subscription.requestSubject = subject;
      void subscription.closed.then(() => replies.cancel());
      reply = inbox;
      done = () => subscription.unsubscribe();
    } else {
      protocol.request(replies);
      reply = protocol.replyTo(replies);
      done = () => protocol.muxSubscriptions.cancel(replies);
    }
    try {
      this.publish(subject, payload, { ...options, reply });
    } catch (error) {
      replies.cancel(error as Error);
    }
    return replies;
  }

  flush(): Promise<void> {
    if (this.isClosed()) return Promise.reject(new errors.ClosedConnectionError());
    return this.#protocol.flush();
  }

  async drain(): Promise<void> {
    this.#checkOpen();
    if (this.#draining) throw new errors.DrainingConnectionError();
    this.#draining = true;
    this.#protocol.draining();
    await this.#engine.farewell.drain();
    await this.#closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.isClosed()) return;
    if (this.#draining) await this.closed();
    else await this.drain();
  }

  async rtt(): Promise<number> {
    this.#checkOpen();
    if (this.#engine.lifecycle.state !== "open") {
      throw new errors.RequestError("connection disconnected");
    }
    const begin = Date.now();
    await this.flush();
    return Date.now() - begin;
  }

  stats(): Stats {
    return { ...this.#protocol.traffic };
  }

  status(): QueuedIterator<Status> {
    return this.#status.listen();
  }

  getServer(): string {
    return this.#status.server;
  }

  getServers(): ReadonlyArray<Server> {
    return this.#status.servers();
  }

  setServers(servers: string[]): void {
    this.#status.setServers(servers);
  }

  getServerVersion(): SemVer | undefined {
    const info: ServerInfo | undefined = this.info;
    return info === undefined ? undefined : parseSemVer(info.version);
  }

  async reconnect(): Promise<void> {
    this.#checkOpen();
    if (this.#draining) throw new errors.DrainingConnectionError();
    this.#status.reconnect();
  }

  /** `true` if the program reads the status, which also reports errors. */
  get statusHeard(): boolean {
    return this.#status.heard;
  }

  /** Returns the server's information about this connection's user and permissions. */
  async context(): ReturnType<NatsConnectionImpl["context"]> {
    const answer = await this.request("$SYS.REQ.USER.INFO");
    return answer.json((key, value) => (key === "time" ? new Date(Date.parse(value)) : value));
  }

  /**
   * Adds a listener that is called when the connection is closed. As in the official client, a listener that is added
   * later is called only if it is the first one.
   */
  addCloseListener(listener: ConnectionClosedListener): void {
    if (this.#closeListeners === undefined) {
      void this.#closed.then((reason) => this.#tellClosed(reason));
    }
    this.#closeListeners = [...(this.#closeListeners ?? []), listener];
  }

  /** Removes a listener of {@link addCloseListener}. */
  removeCloseListener(listener: ConnectionClosedListener): void {
    this.#closeListeners = this.#closeListeners?.filter((one) => one !== listener);
  }

  #tellClosed(reason: Error | undefined): void {
    const listeners = this.#closeListeners ?? [];
    this.#closeListeners = [];
    for (const listener of listeners) {
      if (typeof listener.connectionClosedCallback !== "function") continue;
      try {
        listener.connectionClosedCallback(reason);
      } catch (error) {
        this.#engine.journal.report(new HandlerError("", error, "A close listener"));
      }
    }
  }

  /** Sends a request with its own inbox. */
  #requestAlone(
    subject: string,
    payload: Payload | undefined,
    options: RequestOptions,
    timeout: number,
  ): Promise<Msg> {
    const { reply = createInbox(this.options.inboxPrefix) } = options;
    return new Promise((resolve, reject) => {
      const callback = (error: Error | null, message: Msg): void => {
        const failure = error ?? noResponders(message, subject);
        if (failure === null) resolve(message);
        else reject(failure instanceof errors.TimeoutError ? failure : failed(failure));
        subscription.unsubscribe();
      };
      const subscription = this.#protocol.subscribe(reply, { max: 1, timeout, callback });
      subscription.requestSubject = subject;
      // Has no effect if a reply has already settled it.
      void subscription.closed.then(() =>
        reject(failed(new errors.RequestError("connection closed"))),
      );
      try {
        this.#protocol.send(subject, payload, { ...options, reply });
      } catch (error) {
        subscription.unsubscribe();
        reject(error);
      }
    });
  }

  #checkOpen(): void {
    if (this.isClosed()) throw new errors.ClosedConnectionError();
  }

  #checkListening(subject: string): void {
    this.#checkOpen();
    if (this.#draining) throw new errors.DrainingConnectionError();
    checkSubject(subject);
  }
}

/**
 * Rejects subscriptions that no server accepts: a server would close the connection, or the
 * subscription would never get a message.
 */
function checkSubscription(subject: string, queue: string | undefined): void {
  try {
    checkListened(subject);
    checkLength(subject, queue ?? "");
  } catch (cause) {
    throw new errors.InvalidSubjectError(subject, { cause });
  }
  if (!queue) return;
  try {
    checkQueue(queue);
  } catch (cause) {
    throw errors.InvalidArgumentError.format("queue", "is not the name of a queue group", {
      cause,
    });
  }
}

function checkTimeout(timeout: number): number {
  if (timeout >= 1) return Math.min(timeout, LONGEST_TIMEOUT);
  throw errors.InvalidArgumentError.format("timeout", "must be greater than 0");
}

function publishOptions(reply: string | undefined, headers: MsgHdrs | undefined): PublishOptions {
  return { ...(reply && { reply }), ...(headers !== undefined && { headers }) };
}
