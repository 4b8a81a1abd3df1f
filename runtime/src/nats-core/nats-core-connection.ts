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
import type { ConnectionParts } from "../connection/parts.js";
import { HandlerError } from "../errors.js";
import type { NatsConnection as Engine } from "../nats-connection.js";
import { checkLength, checkSubject as checkListened, checkQueue } from "../protocol/subject.js";
import { LONGEST_TIMEOUT } from "../waiting/deadline.js";
import { ConnectionStatus } from "./connection-status.js";
import { EngineProtocol } from "./engine-protocol.js";
import { failed } from "./errors.js";
import { noResponders, Replies } from "./replies.js";
import { checkSubject } from "./write-as-is.js";

/** Milliseconds that answers may take where nothing else is said. */
const DEFAULT_TIMEOUT = 1_000;
const NO_OPTIONS: PublishOptions = {};

/**
 * A connection of the engine with the face of `@nats-io/nats-core`: what its own connection has, with the
 * same results and the same errors. Made by {@link connect} and {@link natsCore}.
 */
export class NatsCoreConnection implements NatsConnection {
  /** The options, as `@nats-io/nats-core` fills them in. */
  readonly options: ConnectionOptions;
  /** What the server in use can do. */
  readonly features: Features = new Features(parseSemVer("0.0.0"));

  readonly #nats: Engine;
  readonly #parts: ConnectionParts;
  readonly #protocol: EngineProtocol;
  readonly #status: ConnectionStatus;
  readonly #closed: Promise<undefined | Error>;
  #closeListeners: readonly ConnectionClosedListener[] = [];
  #draining = false;

  /**
   * @param nats The connection.
   * @param parts What it is made of.
   * @param options The options, as `@nats-io/nats-core` fills them in.
   */
  constructor(nats: Engine, parts: ConnectionParts, options: ConnectionOptions) {
    this.#nats = nats;
    this.#parts = parts;
    this.options = options;
    this.#protocol = new EngineProtocol(parts, options);
    this.#status = new ConnectionStatus(nats, parts, this.#protocol, this.features);
    if (options.reconnectToServer) this.#status.chooseWith(options.reconnectToServer);
    this.#closed = this.#status.closed.then((reason) => this.#tellClosed(reason));
  }

  get info(): ServerInfo {
    // The interface has it as a property that may be missing, which no getter can be.
    return (this.isClosed() ? undefined : this.#nats.serverInfo) as ServerInfo;
  }

  closed(): Promise<undefined | Error> {
    return this.#closed;
  }

  async close(): Promise<void> {
    await this.#nats.close();
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
      // The last moment of draining is over, but the connection is not closed yet.
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

  /** Has a subscription listen on another subject. `@nats-io/jetstream` does so when it begins anew. */
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
    await this.#nats.drain();
    await this.#closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.isClosed()) return;
    if (this.#draining) await this.closed();
    else await this.drain();
  }

  async rtt(): Promise<number> {
    this.#checkOpen();
    if (this.#nats.state !== "open") {
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

  /** Whether anybody asked for the status, which tells of errors too. */
  get statusHeard(): boolean {
    return this.#status.heard;
  }

  /** What the server knows of this connection's user and permissions. */
  async context(): ReturnType<NatsConnectionImpl["context"]> {
    const answer = await this.request("$SYS.REQ.USER.INFO");
    return answer.json((key, value) => (key === "time" ? new Date(Date.parse(value)) : value));
  }

  /** Has a listener told when the connection is closed. */
  addCloseListener(listener: ConnectionClosedListener): void {
    this.#closeListeners = [...this.#closeListeners, listener];
  }

  /** The counterpart of {@link addCloseListener}. */
  removeCloseListener(listener: ConnectionClosedListener): void {
    this.#closeListeners = this.#closeListeners.filter((one) => one !== listener);
  }

  #tellClosed(reason: Error | undefined): Error | undefined {
    for (const { connectionClosedCallback } of this.#closeListeners) {
      try {
        connectionClosedCallback(reason);
      } catch (error) {
        this.#parts.report(new HandlerError("", error, "A close listener"));
      }
    }
    return reason;
  }

  /** A request with an inbox of its own. */
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
      // Settled already where an answer has ended it.
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

/** Refuses what no server listens to: it would drop the connection, or leave a subscription that is dead. */
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
