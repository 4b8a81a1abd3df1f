import { type Deferred, deferred } from "../commands/deferred.js";
import {
  ConnectionClosedError,
  ConnectionDrainingError,
  ConnectionError,
  DisconnectedError,
  HandlerError,
  MessagesDroppedError,
  MessagesInDoubtError,
  type NatsError,
  ServerError,
} from "../errors.js";
import { Emitter, type NatsEvents } from "../events.js";
import type { LogLevel } from "../logger.js";
import type { ResolvedOptions } from "../nats-options.js";
import type { Frame } from "../protocol/frame.js";
import { LARGEST_MAX_PAYLOAD } from "../protocol/protocol-writer.js";
import { formatServer, type ServerAddress } from "../protocol/server-address.js";
import type { ServerInfo } from "../protocol/server-info.js";
import type { Connect, Transport } from "../transport/transport.js";
import { dial } from "./dial.js";
import { Heartbeat } from "./heartbeat.js";
import type { Pings } from "./pings.js";
import type { Requests } from "./requests.js";
import { ServerConnection, type ServerEvents } from "./server-connection.js";
import { routeServerError } from "./server-error.js";
import { type PooledServer, ServerPool } from "./server-pool.js";
import type { Subscriptions } from "./subscriptions.js";
import type { WriteLoop } from "./write-loop.js";

/** Where a connection stands. */
export type NatsConnectionState = "closed" | "connecting" | "open" | "reconnecting";

/** What is told of connections that come and go. */
export interface Parts {
  readonly writeLoop: WriteLoop;
  readonly pings: Pings;
  readonly subscriptions: Subscriptions;
  readonly requests: Requests;
}

/** Milliseconds that the system has for sending what is left when a connection was closed in good order. */
const FAREWELL = 2_000;

/**
 * The life of a connection, as a state machine:
 *
 * ```
 * closed → connecting → open ⇄ reconnecting
 *    ↑________|___________|_________|
 * ```
 *
 * It is `closed` before the first use, after the first connection failed (the next use tries again) and
 * for good after {@link close}.
 */
export class Lifecycle implements ServerEvents {
  /** Where the connection stands. */
  state: NatsConnectionState = "closed";
  /** How often the connection was lost and came back. */
  reconnects = 0;
  /** Bytes that arrived. */
  receivedBytes = 0;
  /** Messages that arrived. */
  receivedMessages = 0;
  /** Messages that were published but never sent. */
  droppedMessages = 0;
  /** Tells who asked of connections that come and go. */
  readonly events: Emitter<NatsEvents>;

  readonly #options: ResolvedOptions;
  readonly #parts: Parts;
  readonly #connect: Connect;
  readonly #report: (error: NatsError) => void;
  readonly #servers: ServerPool;
  readonly #heartbeat: Heartbeat;
  /** Those who cannot take more messages for now. */
  readonly #holders = new Set<object>();
  #current: ServerConnection | undefined;
  /** What those wait for who want an open connection. */
  #opening: Deferred | undefined;
  #closing: Promise<void> | undefined;
  /** Nothing is begun any more. */
  #stopped = false;
  /** Settles when the connection has ended for good; with the reason, unless it was asked for. */
  readonly #closed: Deferred<NatsError | undefined> = deferred();
  #draining: Promise<void> | undefined;
  #inDoubt = 0;
  #wait: { timer: NodeJS.Timeout; resolve: () => void } | undefined;

  /**
   * @param options The connection's options.
   * @param parts What is told of connections that come and go.
   * @param connect Opens transports.
   * @param report Takes errors that belong to nobody. Never throws.
   */
  constructor(
    options: ResolvedOptions,
    parts: Parts,
    connect: Connect,
    report: (error: NatsError) => void,
  ) {
    this.#options = options;
    this.#parts = parts;
    this.#connect = connect;
    this.#report = report;
    this.events = new Emitter((error) => report(new HandlerError("an event", error)));
    this.#servers = new ServerPool(options);
    this.#heartbeat = new Heartbeat(
      options.pingInterval,
      options.maxPingOut,
      () => void parts.pings.ask(),
      (unanswered) => this.#stale(unanswered),
    );
  }

  /** What the server said of itself last. */
  get serverInfo(): ServerInfo | undefined {
    return this.#current?.serverInfo;
  }

  /**
   * Connects, unless that is done or under way.
   *
   * @returns Settles when the connection is open, or could not be made.
   */
  open(): Promise<void> {
    if (this.#closing !== undefined) return Promise.reject(closedError());
    if (this.state === "open") return Promise.resolve();
    if (this.state === "closed") this.#begin();
    return this.#opening!.promise;
  }

  /** @throws ConnectionClosedError after {@link close}. Starts connecting where nobody has. */
  ensureOpening(): void {
    if (this.#closing !== undefined) throw closedError();
    if (this.state === "closed") this.#begin();
  }

  /** @returns Settles when the connection has ended for good, with the reason where it was not asked for. */
  closed(): Promise<NatsError | undefined> {
    return this.#closed.promise;
  }

  /** @throws ConnectionDrainingError after {@link drain}. */
  ensureNotDraining(): void {
    if (this.#draining === undefined || this.#closing !== undefined) return;
    throw new ConnectionDrainingError("The connection is being drained: begin nothing new on it.");
  }

  /** Ends all subscriptions when what is under way has arrived, then the connection. */
  drain(): Promise<void> {
    if (this.#closing !== undefined) return Promise.reject(closedError());
    this.#draining ??= this.#drain();
    return this.#draining;
  }

  /** Delivers what was published, then ends the connection for good. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Stops reading until {@link release} was called by all who hold. */
  hold(holder: object): void {
    this.#holders.add(holder);
    if (this.state === "open") this.#current?.pause();
  }

  /** The counterpart of {@link hold}. */
  release(holder: object): void {
    if (this.#holders.delete(holder) && this.#holders.size === 0) this.#current?.resume();
  }

  opened(connection: ServerConnection, transport: Transport): void {
    if (this.#stopped) {
      connection.end(0);
      return;
    }
    const reconnected = this.state === "reconnecting";
    if (reconnected) this.reconnects++;
    this.state = "open";
    this.info(connection.serverInfo!);
    this.#heartbeat.start();
    if (this.#holders.size > 0) connection.pause();
    this.#opening?.resolve();
    this.#opening = undefined;
    this.#parts.writeLoop.opening = undefined;
    const server = formatServer(connection.server);
    const inDoubt = this.#inDoubt;
    this.#inDoubt = 0;
    this.#parts.writeLoop.attach(transport);
    this.#log("info", { server, reconnected }, "connected");
    this.events.emit("opened", { server, reconnected, inDoubt });
  }

  received(bytes: number): void {
    this.receivedBytes += bytes;
  }

  message(frame: Frame): void {
    this.receivedMessages++;
    this.#parts.subscriptions.dispatch(frame);
  }

  pong(): void {
    this.#heartbeat.alive();
    this.#parts.pings.pong();
  }

  info(info: ServerInfo): void {
    const { writer } = this.#parts.writeLoop;
    writer.maxPayload = Math.min(info.max_payload, LARGEST_MAX_PAYLOAD);
    writer.headersSupported = info.headers === true;
    const { server } = this.#current!;
    if (Array.isArray(info.connect_urls)) this.#learn(info.connect_urls, server);
    if (info.ldm && this.#servers.servers.length > 1) void this.#moveAway(server);
  }

  drained(): void {
    this.#parts.writeLoop.drained();
  }

  serverError(text: string): void {
    const { requests, subscriptions } = this.#parts;
    const server = formatServer(this.#current!.server);
    routeServerError(text, server, requests, subscriptions, this.#report);
  }

  lost(connection: ServerConnection, error: Error): void {
    if (connection !== this.#current || this.#stopped) return;
    const { writeLoop, pings, requests } = this.#parts;
    this.state = "reconnecting";
    this.#opening = deferred();
    this.#current = undefined;
    this.#heartbeat.stop();
    const { position, inDoubt } = writeLoop.detach();
    const disconnected = new DisconnectedError(`The connection was lost: ${error.message}`, {
      cause: error,
    });
    requests.lost(position, disconnected);
    pings.lost(position, disconnected);
    this.#inDoubt += inDoubt;
    void this.#reconnect();
    const server = formatServer(connection.server);
    this.#log("warn", { server, err: error, inDoubt }, "disconnected");
    this.events.emit("disconnected", { server, error });
    if (inDoubt > 0) this.#report(new MessagesInDoubtError(inDoubt, error));
  }

  async #drain(): Promise<void> {
    const { subscriptions, requests } = this.#parts;
    // Handlers that are at work may still await answers.
    if (this.state === "open") await subscriptions.drainAll((entry) => requests.owns(entry));
    await this.close();
  }

  #learn(urls: readonly string[], server: ServerAddress): void {
    try {
      this.#servers.learn(urls, server);
    } catch (cause) {
      // What a server says of others must not bring the client down.
      const message = `${formatServer(server)} told of servers that are none.`;
      this.#report(new ServerError(message, { cause }));
    }
  }

  /** The server is about to shut down (lame duck mode): it is left when nothing is in doubt. */
  async #moveAway(server: ServerAddress): Promise<void> {
    const current = this.#current;
    await this.#parts.pings.ask().catch(() => {});
    if (current !== this.#current) return;
    current?.giveUp(new ConnectionError(`${formatServer(server)} is about to shut down`));
  }

  #begin(): void {
    this.state = "connecting";
    this.#opening = deferred();
    this.#parts.writeLoop.opening = this.#opening.promise;
    void this.#connectFirst();
  }

  async #connectFirst(): Promise<void> {
    const failures: NatsError[] = [];
    for (const server of this.#servers.servers) {
      const failure = await this.#try(server);
      if (failure === undefined) return;
      failures.push(failure);
    }
    this.#failed(summary(failures));
  }

  /** The first connection could not be made: nothing waits for a second one. */
  #failed(error: NatsError): void {
    const opening = this.#opening!;
    this.#opening = undefined;
    this.#current = undefined;
    this.state = "closed";
    this.#parts.writeLoop.opening = undefined;
    opening.reject(error);
    this.#giveUp(error);
  }

  async #reconnect(): Promise<void> {
    while (!this.#stopped) {
      const { server, notBefore } = this.#servers.next();
      const pause = notBefore - performance.now();
      if (pause > 0) await this.#sleep(pause);
      if (this.#stopped) return;
      const failure = await this.#try(server);
      if (failure === undefined) return;
      const reason = this.#servers.failed(server, failure);
      if (reason !== undefined) this.#closing ??= this.#close(reason);
    }
  }

  /** @returns Why the server could not be used; `undefined` when it could. */
  async #try(server: PooledServer): Promise<NatsError | undefined> {
    const connection = new ServerConnection(server.address, this.#options.readerBufferSize, this);
    this.#current = connection;
    this.#servers.dialled(server);
    try {
      await dial(connection, this.#options, this.#connect, () => this.#resubscribe());
      this.#servers.opened(server);
      return undefined;
    } catch (cause) {
      const error = cause as NatsError;
      const name = formatServer(server.address);
      if (!this.#stopped) this.#log("warn", { server: name, err: error }, "could not connect");
      if (this.state === "reconnecting") {
        this.events.emit("reconnectFailed", { server: name, error });
      }
      return error;
    }
  }

  /** On the first connection the SUB commands still wait in the write buffer. */
  #resubscribe(): string {
    return this.state === "reconnecting" ? this.#parts.subscriptions.resubscribe() : "";
  }

  #stale(unanswered: number): void {
    if (this.#holders.size > 0) {
      // Nobody reads, so no PONG can be seen.
      this.#heartbeat.alive();
      return;
    }
    const server = formatServer(this.#current!.server);
    this.#current?.giveUp(new ConnectionError(`${server} did not answer ${unanswered} PINGs`));
  }

  /** @param reason Why, unless it was asked for. */
  async #close(reason?: NatsError): Promise<void> {
    if (this.state === "connecting") await this.#opening!.promise.catch(() => {});
    // Not for ever: a server that no longer answers must not keep it from closing.
    const answered =
      this.state === "open" && (await this.#parts.pings.answered(this.#options.requestTimeout));
    const wasOpen = this.state === "open";
    const error = reason ?? closedError();
    const current = this.#current;
    const opening = this.#opening;
    this.#stopped = true;
    this.#current = undefined;
    this.#opening = undefined;
    this.state = "closed";
    this.#heartbeat.stop();
    clearTimeout(this.#wait?.timer);
    this.#wait?.resolve();
    const { inDoubt } = this.#parts.writeLoop.detach();
    if (wasOpen) current?.end(answered ? FAREWELL : 0);
    else current?.giveUp(error);
    opening?.reject(error);
    this.#giveUp(error);
    if (inDoubt > 0) this.#report(new MessagesInDoubtError(inDoubt, error));
    if (reason !== undefined) this.#report(reason);
    this.#closed.resolve(reason);
  }

  /** Settles everything that waits. */
  #giveUp(error: NatsError): void {
    const { writeLoop, pings, requests, subscriptions } = this.#parts;
    const lost = writeLoop.discard(error);
    this.droppedMessages += lost;
    requests.end(error);
    pings.end(error);
    subscriptions.end(error instanceof ConnectionClosedError ? undefined : error);
    if (lost === 0) return;
    this.#report(
      new MessagesDroppedError(`${lost} messages were not sent: ${error.message}`, lost, {
        cause: error,
      }),
    );
  }

  #sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      this.#wait = { timer: setTimeout(resolve, milliseconds), resolve };
    });
  }

  /** A logger must not decide how a connection lives. */
  #log(level: LogLevel, details: object, message: string): void {
    try {
      this.#options.logger[level](details, message);
    } catch (error) {
      this.#report(new HandlerError("the logger", error));
    }
  }
}

/** @returns One error for all servers that failed. */
function summary(failures: readonly NatsError[]): NatsError {
  if (failures.length === 1) return failures[0]!;
  return new ConnectionError(failures.map((failure) => failure.message).join("; "), {
    cause: new AggregateError(failures),
  });
}

function closedError(): ConnectionClosedError {
  return new ConnectionClosedError("The connection is closed. Make a new NatsConnection.");
}
