import {
  ConnectionClosedError,
  ConnectionDrainingError,
  ConnectionError,
  DisconnectedError,
  MessagesDroppedError,
  MessagesInDoubtError,
  NatsError,
} from "../errors.js";
import type { ResolvedOptions } from "../options/nats-options.js";
import type { Frame } from "../protocol/frame.js";
import { formatServer, type ServerAddress } from "../protocol/server-address.js";
import type { ServerInfo } from "../protocol/server-info.js";
import type { Connect, Transport } from "../transport/transport.js";
import { inTime } from "../waiting/deadline.js";
import { type Deferred, deferred } from "../waiting/deferred.js";
import { Cluster } from "./cluster.js";
import { Dialler, type DiallerOwner } from "./dialler.js";
import { Heartbeat } from "./heartbeat.js";
import type { Journal } from "./journal.js";
import { readyToLeave } from "./leaving.js";
import { applyLimits } from "./limits.js";
import type { Parts } from "./parts.js";
import { ReadingGate } from "./reading-gate.js";
import type { ServerConnection } from "./server-connection.js";
import { routeServerError } from "./server-error.js";
import type { PooledServer } from "./server-pool.js";

/** Where a connection stands. */
export type NatsConnectionState = "closed" | "connecting" | "open" | "reconnecting";

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
export class Lifecycle implements DiallerOwner {
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
  /** Told when the connection is tested by a PING, and how many are unanswered with it. */
  heartbeat: ((unanswered: number) => void) | undefined;
  /** Stops and starts the reading. */
  readonly gate: ReadingGate;
  readonly #options: ResolvedOptions;
  readonly #parts: Parts;
  readonly #journal: Journal;
  readonly #dialler: Dialler;
  readonly #heartbeat: Heartbeat;
  readonly #cluster: Cluster;
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

  /**
   * @param options The connection's options.
   * @param parts What is told of connections that come and go.
   * @param connect Opens transports.
   * @param journal Told what happens.
   */
  constructor(options: ResolvedOptions, parts: Parts, connect: Connect, journal: Journal) {
    this.#options = options;
    this.#parts = parts;
    this.#journal = journal;
    this.#dialler = new Dialler(options, connect, this);
    this.#cluster = new Cluster(this.#dialler, journal, (...leaving) => this.#leave(...leaving));
    this.gate = new ReadingGate({
      pause: () => this.state === "open" && this.#current?.pause(),
      resume: () => {
        // Answers that came meanwhile were not seen, and are not seen at once.
        this.#heartbeat.alive();
        this.#current?.resume();
      },
    });
    this.#heartbeat = new Heartbeat(
      options.pingInterval,
      options.maxPingOut,
      (unanswered) => {
        this.heartbeat?.(unanswered);
        void parts.pings.ask();
      },
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

  /** The server in use, or the one that is being tried. */
  get server(): ServerAddress | undefined {
    return this.#current?.server;
  }

  /** What is known of the servers that may be connected to. */
  get pooledServers(): readonly PooledServer[] {
    return this.#dialler.pooled;
  }

  /** See {@link Dialler.choose}. */
  set choose(choose: Dialler["choose"]) {
    this.#dialler.choose = choose;
  }

  /** The addresses that may be connected to. */
  get servers(): readonly string[] {
    return this.#dialler.servers;
  }

  /** Replaces the servers that may be connected to. */
  setServers(servers: Pick<ResolvedOptions, "servers" | "authenticator">): void {
    if (this.#closing !== undefined) throw closedError();
    this.#dialler.setServers(servers);
  }

  /**
   * Leaves the connection in use for a new one.
   *
   * @returns Settles when that is open.
   */
  async reconnect(): Promise<void> {
    if (this.#closing !== undefined) throw closedError();
    this.ensureNotDraining();
    if (this.state === "reconnecting") this.#dialler.hurry();
    if (this.state === "open") {
      await this.#leave(this.#current!, "is left, as reconnect() asked for", () =>
        this.#dialler.hurry(),
      );
    }
    return this.open();
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

  opened(connection: ServerConnection, transport: Transport): void {
    if (this.#stopped) {
      connection.end(0);
      return;
    }
    const reconnected = this.state === "reconnecting";
    if (reconnected) this.reconnects++;
    this.state = "open";
    const info = connection.serverInfo!;
    this.#applyLimits(info);
    this.#heartbeat.start();
    if (this.gate.held) connection.pause();
    this.#opening?.resolve();
    this.#opening = undefined;
    this.#parts.writeLoop.opening = undefined;
    const server = formatServer(connection.server);
    const inDoubt = this.#inDoubt;
    this.#inDoubt = 0;
    this.#parts.writeLoop.attach(transport);
    this.#journal.log("info", { server, reconnected }, "connected");
    this.#journal.events.emit("opened", { server, reconnected, inDoubt });
    this.#cluster.heard(info, connection);
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
    this.#applyLimits(info);
    this.#cluster.heard(info, this.#current!);
  }

  drained(): void {
    this.#parts.writeLoop.drained();
  }

  serverError(text: string): void {
    const { requests, subscriptions } = this.#parts;
    const tell = (error: NatsError) => this.#journal.events.emit("error", { error });
    routeServerError(
      text,
      this.#current!.server,
      requests,
      subscriptions,
      this.#journal.report,
      tell,
    );
  }

  dialling(connection: ServerConnection, attempt: number): void {
    this.#current = connection;
    if (this.state !== "reconnecting") return;
    this.#journal.events.emit("reconnecting", { server: formatServer(connection.server), attempt });
  }

  dialFailed({ server: address }: ServerConnection, error: NatsError): void {
    const server = formatServer(address);
    if (!this.#stopped) this.#journal.log("warn", { server, err: error }, "could not connect");
    if (this.state === "reconnecting")
      this.#journal.events.emit("reconnectFailed", { server, error });
  }

  report(error: NatsError): void {
    this.#journal.report(error);
  }

  /** On the first connection the SUB commands still wait in the write buffer. */
  resubscribe(): string {
    return this.state === "reconnecting" ? this.#parts.subscriptions.resubscribe() : "";
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
    const server = formatServer(connection.server);
    this.#journal.log("warn", { server, err: error, inDoubt }, "disconnected");
    this.#journal.events.emit("disconnected", { server, error, inDoubt });
    if (inDoubt > 0) this.#journal.report(new MessagesInDoubtError(inDoubt, error));
    void this.#connectAgain(error instanceof NatsError ? error : disconnected);
  }

  async #drain(): Promise<void> {
    const { subscriptions, requests } = this.#parts;
    // Handlers that are at work may still await answers.
    if (this.state === "open") await subscriptions.drainAll((entry) => requests.owns(entry));
    await this.close();
  }

  #applyLimits(info: ServerInfo): void {
    this.droppedMessages += applyLimits(info, this.#parts, this.#journal.report);
  }

  /**
   * Leaves a server with nothing in doubt, or without its word when it does not answer in time.
   *
   * @param current The connection to it.
   * @param why What it is left for, to follow its address.
   * @param before Called right before it is left.
   */
  async #leave(current: ServerConnection, why: string, before?: () => void): Promise<void> {
    await readyToLeave(current, this.#parts, this.#options.connectTimeout);
    if (current !== this.#current) return;
    before?.();
    current.giveUp(new ConnectionError(`${formatServer(current.server)} ${why}`));
  }

  #begin(): void {
    this.state = "connecting";
    this.#opening = deferred();
    this.#parts.writeLoop.opening = this.#opening.promise;
    void this.#connectFirst();
  }

  async #connectFirst(): Promise<void> {
    const error = await this.#dialler.first();
    if (error === undefined) return;
    // The first connection could not be made: nothing waits for a second one.
    const opening = this.#opening!;
    this.#opening = undefined;
    this.#current = undefined;
    this.state = "closed";
    this.#parts.writeLoop.opening = undefined;
    opening.reject(error);
    this.#giveUp(error);
  }

  async #connectAgain(lost: NatsError): Promise<void> {
    const reason = await this.#dialler.again(lost);
    if (reason === undefined) return;
    // Who closes the connection may wait for one that comes no more.
    if (this.#closing !== undefined) this.#opening?.reject(reason);
    else this.#closing = this.#close(reason);
  }

  #stale(unanswered: number): void {
    if (this.gate.held) {
      // Nobody reads, so no PONG can be seen.
      this.#heartbeat.alive();
      return;
    }
    const server = formatServer(this.#current!.server);
    this.#journal.events.emit("staleConnection", { server, unanswered });
    this.#current?.giveUp(new ConnectionError(`${server} did not answer ${unanswered} PINGs`));
  }

  /** @param reason Why, unless it was asked for. */
  async #close(reason?: NatsError): Promise<void> {
    if (this.state === "connecting") await this.#opening!.promise.catch(() => {});
    const latest = performance.now() + this.#options.requestTimeout;
    if (reason === undefined) await this.#backInTime();
    const answered = this.state === "open" && (await this.#delivered(latest));
    const wasOpen = this.state === "open";
    const error = reason ?? closedError();
    const unconfirmed =
      reason ??
      new ConnectionClosedError(
        "The connection was closed before its server had confirmed everything.",
      );
    const current = this.#current;
    const opening = this.#opening;
    this.#stopped = true;
    this.#current = undefined;
    this.#opening = undefined;
    this.state = "closed";
    this.#heartbeat.stop();
    this.#dialler.stop();
    const { inDoubt } = this.#parts.writeLoop.detach();
    if (wasOpen) current?.end(answered ? FAREWELL : 0);
    else current?.giveUp(error);
    opening?.reject(error);
    this.#giveUp(error);
    if (inDoubt > 0) this.#journal.report(new MessagesInDoubtError(inDoubt, unconfirmed));
    if (reason !== undefined) this.#journal.report(reason);
    this.#journal.events.emit("closed", { error: reason });
    this.#closed.resolve(reason);
  }

  /** What was published while the connection is lost goes out with the next one, where there is one in time. */
  async #backInTime(): Promise<void> {
    if (this.state !== "reconnecting" || this.#parts.writeLoop.waitingMessages === 0) return;
    this.#dialler.hurry();
    await inTime(this.#opening!.promise, this.#options.requestTimeout);
  }

  /**
   * @param latest `performance.now()` up to which to wait.
   * @returns Whether the server has all that was published; without its word in time, nobody knows.
   */
  async #delivered(latest: number): Promise<boolean> {
    const { writeLoop, pings, subscriptions } = this.#parts;
    // Its word cannot be read while a full queue holds the reading.
    if (this.gate.held) subscriptions.end(undefined);
    return !writeLoop.unconfirmed || pings.answered(Math.max(latest - performance.now(), 0));
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
    this.#journal.report(
      new MessagesDroppedError(`${messages(lost)} never sent: ${error.message}`, lost, {
        cause: error,
      }),
    );
  }
}

function closedError(): ConnectionClosedError {
  return new ConnectionClosedError("The connection is closed. Make a new NatsConnection.");
}

function messages(count: number): string {
  return count === 1 ? "1 message was" : `${count} messages were`;
}
