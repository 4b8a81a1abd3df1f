import { type Deferred, deferred } from "../commands/deferred.js";
import {
  ConnectionClosedError,
  ConnectionError,
  DisconnectedError,
  HandlerError,
  MessagesDroppedError,
  MessagesInDoubtError,
  type NatsError,
  PermissionViolationError,
  ServerError,
} from "../errors.js";
import { Emitter, type NatsEvents } from "../events.js";
import type { ResolvedOptions } from "../nats-options.js";
import type { Frame } from "../protocol/frame.js";
import { formatServer } from "../protocol/server-address.js";
import type { ServerInfo } from "../protocol/server-info.js";
import type { Connect, Transport } from "../transport/transport.js";
import { connectCommand } from "./connect-command.js";
import type { Pings } from "./pings.js";
import type { Requests } from "./requests.js";
import { ServerConnection, type ServerEvents } from "./server-connection.js";
import { ServerPool } from "./server-pool.js";
import type { Subscriptions } from "./subscriptions.js";
import type { WriteLoop } from "./write-loop.js";

/** Where a connection stands. */
export type NatsConnectionState = "closed" | "connecting" | "open" | "reconnecting";

/** What goes on as connections come and go. */
export interface Parts {
  readonly writeLoop: WriteLoop;
  readonly pings: Pings;
  readonly subscriptions: Subscriptions;
  readonly requests: Requests;
}

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
  /** Those who cannot take more messages for now. */
  readonly #holders = new Set<object>();
  #current: ServerConnection | undefined;
  #opening: Deferred | undefined;
  #closing: Promise<void> | undefined;
  #stopped = false;
  #inDoubt = 0;
  #heartbeat: NodeJS.Timeout | undefined;
  #wait: { timer: NodeJS.Timeout; resolve: () => void } | undefined;

  /**
   * @param options The connection's options.
   * @param parts What is told of connections that come and go.
   * @param connect Opens transports.
   * @param report Takes errors that belong to nobody.
   * @throws InvalidArgumentError when a server's address is none.
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
    this.#servers = new ServerPool(options.servers, !options.noRandomize);
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
    if (this.#opening === undefined) {
      this.#opening = deferred();
      if (this.state === "closed") this.#begin();
    }
    return this.#opening.promise;
  }

  /** @throws ConnectionClosedError after {@link close}. Starts connecting where nobody has. */
  ensureOpening(): void {
    if (this.#closing !== undefined) throw closedError();
    if (this.state === "closed") this.open();
  }

  /** Delivers what was published, then ends the connection for good. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Stops reading until {@link release} was called by all who hold. */
  hold(holder: object): void {
    this.#holders.add(holder);
    this.#current?.pause();
  }

  /** The counterpart of {@link hold}. */
  release(holder: object): void {
    if (this.#holders.delete(holder) && this.#holders.size === 0) this.#current?.resume();
  }

  received(bytes: number): void {
    this.receivedBytes += bytes;
  }

  message(frame: Frame): void {
    this.receivedMessages++;
    this.#parts.subscriptions.dispatch(frame);
  }

  pong(): void {
    this.#parts.pings.pong();
  }

  info(info: ServerInfo): void {
    this.#parts.writeLoop.writer.maxPayload = info.max_payload;
  }

  drained(): void {
    this.#parts.writeLoop.drained();
  }

  serverError(text: string): void {
    const violation =
      /^permissions violation for (publish|subscription) to "([^"]*)"(?: using queue "([^"]*)")?/i.exec(
        text,
      );
    if (violation === null) {
      this.#report(new ServerError(`${formatServer(this.#current!.server)} says: ${text}`));
      return;
    }
    const operation = violation[1]!.toLowerCase() as "publish" | "subscription";
    const [, , subject = "", queue] = violation;
    const error = new PermissionViolationError(operation, subject, queue);
    if (operation === "publish") {
      if (!this.#parts.requests.refuse(subject, error)) this.#report(error);
      return;
    }
    const entry = this.#parts.subscriptions.refuse(subject, queue, error);
    if (entry !== undefined && this.#parts.requests.refuseInbox(entry, error)) return;
    if (entry?.onError !== undefined) entry.onError(error);
    else this.#report(error);
  }

  lost(error: Error): void {
    const { writeLoop, pings, requests } = this.#parts;
    this.state = "reconnecting";
    this.#opening ??= deferred();
    const server = formatServer(this.#current!.server);
    this.#current = undefined;
    clearInterval(this.#heartbeat);
    const { position, inDoubt } = writeLoop.detach();
    const disconnected = new DisconnectedError(`The connection was lost: ${error.message}`, {
      cause: error,
    });
    requests.lost(position, disconnected);
    pings.lost(position, disconnected);
    this.#inDoubt = inDoubt;
    this.#options.logger.warn({ server, err: error, inDoubt }, "disconnected");
    this.events.emit("disconnected", { server, error });
    if (inDoubt > 0) this.#report(new MessagesInDoubtError(inDoubt, error));
    void this.#reconnect();
  }

  #begin(): void {
    this.state = "connecting";
    this.#parts.writeLoop.opening = this.#opening!.promise;
    void this.#tryAll().then((failure) => {
      this.#parts.writeLoop.opening = undefined;
      if (failure !== undefined) this.#failed(failure);
    });
  }

  /** @returns Why the last server could not be used; `undefined` when one could. */
  async #tryAll(): Promise<NatsError | undefined> {
    const failures: NatsError[] = [];
    for (const server of [...this.#servers.servers]) {
      if (this.#stopped) return closedError();
      const connection = new ServerConnection(server, this.#options.readerBufferSize, this);
      this.#current = connection;
      try {
        const transport = await connection.open(
          (...target) => this.#dial(...target),
          this.#options.tls,
          (info) => this.#greeting(formatServer(server), info),
          this.#options.connectTimeout,
        );
        this.#opened(connection);
        this.#parts.writeLoop.attach(transport);
        return undefined;
      } catch (error) {
        this.#servers.tried(server);
        failures.push(error as NatsError);
        this.#attemptFailed(formatServer(server), error as NatsError);
      }
    }
    this.#current = undefined;
    if (failures.length === 1) return failures[0];
    return new ConnectionError(failures.map((failure) => failure.message).join("; "), {
      cause: new AggregateError(failures),
    });
  }

  /** Opens a transport to where `onConnecting` says. */
  async #dial(...[host, port, handler, signal]: Parameters<Connect>): Promise<Transport> {
    const address = (await this.#options.onConnecting?.(host, port)) ?? { host, port };
    signal.throwIfAborted();
    return this.#connect(address.host, address.port, handler, signal);
  }

  #attemptFailed(server: string, error: NatsError): void {
    if (this.#stopped) return;
    this.#options.logger.warn({ server, err: error }, "could not connect");
    if (this.state === "reconnecting") this.events.emit("reconnectFailed", { server, error });
  }

  async #greeting(server: string, info: ServerInfo): Promise<string> {
    const connect = await connectCommand(this.#options, server, info);
    // After the waiting: what was subscribed meanwhile belongs to it.
    return connect + this.#resubscribe();
  }

  /** On the first connection the SUB commands still wait in the write buffer. */
  #resubscribe(): string {
    return this.state === "reconnecting" ? this.#parts.subscriptions.resubscribe() : "";
  }

  #opened(connection: ServerConnection): void {
    const reconnected = this.state === "reconnecting";
    if (reconnected) this.reconnects++;
    this.state = "open";
    this.#parts.writeLoop.writer.maxPayload = connection.serverInfo.max_payload;
    if (this.#options.pingInterval > 0) {
      this.#heartbeat = setInterval(() => this.#beat(), this.#options.pingInterval);
      this.#heartbeat.unref();
    }
    if (this.#holders.size > 0) connection.pause();
    this.#opening?.resolve();
    this.#opening = undefined;
    const server = formatServer(connection.server);
    this.#options.logger.info({ server, reconnected }, "connected");
    this.events.emit("opened", { server, reconnected, inDoubt: this.#inDoubt });
    this.#inDoubt = 0;
  }

  #beat(): void {
    if (this.#parts.pings.unanswered >= this.#options.maxPingOut) {
      this.#current?.giveUp(
        new ConnectionError(
          `${formatServer(this.#current.server)} did not answer ${this.#parts.pings.unanswered} PINGs`,
        ),
      );
      return;
    }
    void this.#parts.pings.ask();
  }

  /** The first connection could not be made: nothing waits for a second one. */
  #failed(error: NatsError): void {
    this.state = "closed";
    this.#giveUp(error);
    this.#opening?.reject(error);
    this.#opening = undefined;
  }

  #giveUp(error: NatsError): void {
    const { writeLoop, pings, requests, subscriptions } = this.#parts;
    const lost = writeLoop.discard(error);
    this.droppedMessages += lost;
    requests.end(error);
    pings.end(error);
    subscriptions.end(error instanceof ConnectionClosedError ? undefined : error);
    if (lost > 0) {
      this.#report(
        new MessagesDroppedError(`${lost} messages were not sent: ${error.message}`, lost, {
          cause: error,
        }),
      );
    }
  }

  async #reconnect(): Promise<void> {
    while (!this.#stopped && (await this.#tryAll()) !== undefined && !this.#stopped) {
      const { reconnectWait, reconnectJitter } = this.#options;
      await this.#sleep(reconnectWait + Math.random() * reconnectJitter);
    }
  }

  #sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      this.#wait = { timer: setTimeout(resolve, milliseconds), resolve };
    });
  }

  async #close(): Promise<void> {
    if (this.state === "connecting") await this.#opening!.promise.catch(() => {});
    if (this.state === "open") await this.#lastFlush();
    const wasOpen = this.state === "open";
    const error = closedError();
    const current = this.#current;
    this.#stopped = true;
    this.#current = undefined;
    this.state = "closed";
    clearInterval(this.#heartbeat);
    clearTimeout(this.#wait?.timer);
    this.#wait?.resolve();
    this.#parts.writeLoop.detach();
    this.#giveUp(error);
    this.#opening?.reject(error);
    this.#opening = undefined;
    if (wasOpen) current?.end();
    else current?.giveUp(error);
  }

  /** Waits until the server has all that was published, but not for a server that no longer answers. */
  async #lastFlush(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, this.#options.requestTimeout);
    });
    await Promise.race([this.#parts.pings.ask().catch(() => {}), late]);
    clearTimeout(timer);
  }
}

function closedError(): ConnectionClosedError {
  return new ConnectionClosedError("The connection is closed. Make a new NatsConnection.");
}
