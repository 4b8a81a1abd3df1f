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
import { resolveServers } from "../options/servers.js";
import { formatServer, type ServerAddress } from "../protocol/server-address.js";
import type { ServerInfo } from "../protocol/server-info.js";
import type { Connect, Transport } from "../transport/transport.js";
import { type Deferred, deferred } from "../waiting/deferred.js";
import { Cluster } from "./cluster.js";
import { Dialler, type DiallerOwner } from "./dialler.js";
import { EarlyPublishes } from "./early-publishes.js";
import { Heartbeat } from "./heartbeat.js";
import type { Journal } from "./journal.js";
import { readyToLeave } from "./leaving.js";
import { applyLimits } from "./limits.js";
import type { Parts } from "./parts.js";
import { ReadingGate } from "./reading-gate.js";
import type { ServerConnection } from "./server-connection.js";
import { routeServerError } from "./server-error.js";
import { type NatsConnectionState, StateMachine } from "./state.js";

/**
 * Life of a connection: opens it, replaces it when it is lost, and ends it. The states and their transitions
 * are in {@link StateMachine}; here is the effect of each on the parts of the engine.
 */
export class Lifecycle implements DiallerOwner {
  /** Number of times that the connection was lost and replaced. */
  reconnects = 0;
  /** Bytes that arrived. */
  receivedBytes = 0;
  /** Number of messages that were published but never sent. */
  droppedMessages = 0;
  /** Called when the heartbeat sends a PING, with the number of unanswered PINGs including this one. */
  onHeartbeat: ((unanswered: number) => void) | undefined;
  /** Stops and starts the reading. */
  readonly gate: ReadingGate;
  /** Search for servers. */
  readonly dialler: Dialler;
  readonly #options: ResolvedOptions;
  readonly #parts: Parts;
  readonly #journal: Journal;
  readonly #heartbeat: Heartbeat;
  readonly #cluster: Cluster;
  readonly #machine = new StateMachine();
  readonly #closed: Deferred<NatsError | undefined> = deferred();
  /** The heartbeat waits for a PONG. */
  #probing = false;
  /** Number of messages in doubt since the connection was last open. */
  #inDoubt = 0;

  /**
   * @param options Options of the connection.
   * @param parts Parts that follow its transitions.
   * @param connect Opens transports.
   * @param journal Reports events and errors.
   */
  constructor(options: ResolvedOptions, parts: Parts, connect: Connect, journal: Journal) {
    this.#options = options;
    this.#parts = parts;
    this.#journal = journal;
    this.dialler = new Dialler(options, connect, parts.subscriptions, this);
    parts.subscriptions.onRefused = (entry, error) => {
      journal.events.emit("error", { error });
      if (!parts.requests.refuseInbox(entry, error)) entry.tell(error);
    };
    this.#cluster = new Cluster(this.dialler, journal, (...leaving) => this.#leave(...leaving));
    const { requests, pings, subscriptions, writeLoop } = parts;
    this.gate = new ReadingGate({
      deliver: (frame) => subscriptions.dispatch(frame),
      isAnswer: (sid) => requests.isAnswer(sid),
      isWaiting: () => {
        // A PING of the heartbeat is no reason to drop messages.
        const unimportant = this.#probing && this.gate.strained ? 1 : 0;
        return requests.pending + pings.pending > unimportant;
      },
      caughtUp: (dropped) => {
        // PONGs behind unread messages are not seen at once.
        this.#heartbeat.alive();
        if (dropped > 0) journal.report(backlogError(dropped));
      },
    });
    pings.afterBacklog = (effect) => this.gate.afterBacklog(effect);
    writeLoop.afterFlush = () => this.gate.held && this.#server?.update();
    this.#heartbeat = new Heartbeat(
      options.pingInterval,
      options.maxPingOut,
      (unanswered) => {
        this.onHeartbeat?.(unanswered);
        this.#probing = true;
        const answered = () => {
          this.#probing = false;
        };
        pings.ask().then(answered, answered);
      },
      (unanswered) => this.#stale(unanswered),
    );
  }

  /** State as users see it: `closed` before the first use and after the end. */
  get state(): NatsConnectionState {
    return this.#machine.link?.name ?? "closed";
  }

  /** `true` if the connection is about to end, or has ended. */
  get closing(): boolean {
    return this.#machine.closing;
  }

  /** Latest INFO of the server. */
  get serverInfo(): ServerInfo | undefined {
    return this.#server?.serverInfo;
  }

  /** The server in use, or the one that is being tried. */
  get server(): ServerAddress | undefined {
    return this.#server?.server;
  }

  /**
   * Connects, unless that is done or under way.
   *
   * @returns Settles when the connection is open; rejects when no first connection could be made.
   */
  open(): Promise<void> {
    if (this.closing) return Promise.reject(closedError());
    this.ensureOpening();
    return this.opening;
  }

  /** Settles when the current attempt to connect has succeeded or failed; at once if there is none. */
  get opening(): Promise<void> {
    return this.#machine.link?.opened.promise ?? Promise.resolve();
  }

  /**
   * Connects in the background, unless that is done or under way.
   *
   * Hot: called for every message.
   *
   * @param begun `true` for a command that has begun before.
   * @throws ConnectionClosedError when the connection is about to end, or has ended.
   */
  ensureOpening(begun = false): void {
    const { state } = this.#machine;
    if (state.name === "open") return;
    if (this.#machine.closing) throw closedError(begun);
    if (state.name === "idle") this.#connect();
  }

  /** @throws ConnectionDrainingError when nothing new may begin, but publishing has not ended. */
  ensureNotDraining(): void {
    const { state } = this.#machine;
    if (state.name !== "draining" || state.closing) return;
    throw new ConnectionDrainingError("The connection is draining and accepts no new commands.");
  }

  /** Replaces the servers that may be connected to, as the option `servers`. */
  setServers(servers: string | readonly string[]): void {
    if (this.closing) throw closedError();
    this.dialler.setServers(resolveServers(servers, this.#options.authenticator));
  }

  /**
   * Replaces the connection in use by a new one.
   *
   * @returns Settles when the new one is open.
   */
  async reconnect(): Promise<void> {
    if (this.closing) throw closedError();
    this.ensureNotDraining();
    const { link } = this.#machine;
    if (link?.name === "reconnecting") this.dialler.hurry();
    if (link?.name === "open") {
      await this.#leave(link.server, "was left because of reconnect()", () => this.dialler.hurry());
    }
    return this.open();
  }

  /** @returns Settles when the connection has ended permanently: with an error unless the program ended it. */
  closed(): Promise<NatsError | undefined> {
    return this.#closed.promise;
  }

  /** Rejects new subscriptions and requests. @param closing `true` to reject publishing as well. */
  drain(closing: boolean): void {
    this.#machine.drain(closing);
  }

  /**
   * Ends the connection permanently. Calling it again does nothing.
   *
   * @param reason The reason, unless the user asked for the end.
   * @param patience Milliseconds for the system to send remaining data; 0 for none.
   */
  end(reason: NatsError | undefined, patience: number): void {
    const { state, link } = this.#machine;
    if (state.name === "ended") return;
    const error = reason ?? closedError(true);
    this.#machine.end(error);
    this.#heartbeat.stop();
    this.dialler.stop();
    const { inDoubt } = this.#parts.writeLoop.detach();
    if (link?.name === "open") link.server.end(patience);
    else link?.server?.giveUp(error);
    this.#giveUp(error);
    if (inDoubt > 0) {
      const cause = reason ?? unconfirmedError();
      this.#journal.report(new MessagesInDoubtError(inDoubt, cause));
    }
    if (reason !== undefined) this.#journal.report(reason);
    // The application may keep a connection that has ended.
    this.#parts.writeLoop.release();
    this.gate.reader = undefined;
    this.#journal.events.emit("closed", { error: reason });
    this.#closed.resolve(reason);
  }

  opened(connection: ServerConnection, transport: Transport): void {
    if (this.#machine.state.name === "ended") {
      connection.end(0);
      return;
    }
    const reconnected = this.state === "reconnecting";
    if (reconnected) this.reconnects++;
    this.#machine.opened(connection);
    this.#parts.subscriptions.greeted();
    const info = connection.serverInfo!;
    this.#applyLimits(info);
    this.#heartbeat.start();
    this.gate.reader = connection;
    connection.update();
    const server = formatServer(connection.server);
    const inDoubt = this.#inDoubt;
    this.#inDoubt = 0;
    this.#parts.writeLoop.early?.opened();
    this.#parts.writeLoop.early = undefined;
    this.#parts.writeLoop.attach(transport);
    this.#journal.log("info", { server, reconnected }, "connected");
    this.#journal.events.emit("opened", { server, reconnected, inDoubt });
    this.#cluster.heard(info, connection);
  }

  received(bytes: number): void {
    this.receivedBytes += bytes;
  }

  pong(): void {
    this.#heartbeat.alive();
    this.#parts.pings.pong();
  }

  info(info: ServerInfo): void {
    this.#applyLimits(info);
    this.#cluster.heard(info, this.#server!);
  }

  drained(): void {
    this.#parts.writeLoop.drained();
  }

  serverError(text: string): void {
    const { requests, subscriptions } = this.#parts;
    routeServerError(text, this.server!, requests, subscriptions, this.#journal);
  }

  dialling(connection: ServerConnection, attempt: number): void {
    this.#machine.attempt(connection);
    if (this.state !== "reconnecting") return;
    this.#journal.events.emit("reconnecting", { server: formatServer(connection.server), attempt });
  }

  dialFailed({ server: address }: ServerConnection, error: NatsError): void {
    const { link } = this.#machine;
    if (link === undefined) return;
    const server = formatServer(address);
    this.#journal.log("warn", { server, err: error }, "could not connect");
    if (link.name === "reconnecting")
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
    if (connection !== this.#server) return;
    const { writeLoop, pings, requests, subscriptions } = this.#parts;
    this.#machine.lost();
    this.#heartbeat.stop();
    const { position, inDoubt } = writeLoop.detach();
    const disconnected = new DisconnectedError(`The connection was lost: ${error.message}`, {
      cause: error,
    });
    requests.lost(position, disconnected);
    pings.lost(position, disconnected);
    subscriptions.lost(position);
    this.#inDoubt += inDoubt;
    const server = formatServer(connection.server);
    this.#journal.log("warn", { server, err: error, inDoubt }, "disconnected");
    this.#journal.events.emit("disconnected", { server, error, inDoubt });
    if (inDoubt > 0) this.#journal.report(new MessagesInDoubtError(inDoubt, error));
    void this.#connectAgain(error instanceof NatsError ? error : disconnected);
  }

  get #server(): ServerConnection | undefined {
    return this.#machine.link?.server;
  }

  #connect(): void {
    this.#machine.connect();
    this.#parts.writeLoop.early = new EarlyPublishes(this.#journal);
    void this.#connectFirst();
  }

  async #connectFirst(): Promise<void> {
    const error = await this.dialler.first();
    if (error === undefined) return;
    // Nothing waits for a second attempt.
    this.#machine.failed(error);
    this.#giveUp(error);
  }

  async #connectAgain(lost: NatsError): Promise<void> {
    const reason = await this.dialler.again(lost);
    if (reason === undefined) return;
    // close() may wait for the link, and ends the connection itself.
    if (this.closing) this.#machine.link?.opened.reject(reason);
    else this.end(reason, 0);
  }

  /**
   * Leaves a server with nothing in doubt, or unconfirmed when it does not answer in time.
   *
   * @param server The connection to it.
   * @param why The reason, as the end of a sentence that starts with its address.
   * @param before Called right before it is left.
   */
  async #leave(server: ServerConnection, why: string, before?: () => void): Promise<void> {
    await readyToLeave(server, this.#parts, this.#options.connectTimeout);
    if (server !== this.#server) return;
    before?.();
    server.giveUp(new ConnectionError(`${formatServer(server.server)} ${why}`));
  }

  #applyLimits(info: ServerInfo): void {
    this.droppedMessages += applyLimits(info, this.#parts, this.#journal.report);
  }

  #stale(unanswered: number): void {
    if (this.gate.held) {
      // Reading has stopped when the backlog is half full, so that the PONG may not be seen.
      this.#heartbeat.alive();
      return;
    }
    const server = formatServer(this.server!);
    this.#journal.events.emit("staleConnection", { server, unanswered });
    this.#server?.giveUp(new ConnectionError(`${server} did not answer ${unanswered} PINGs`));
  }

  /** Settles everything that waits. */
  #giveUp(error: NatsError): void {
    const { writeLoop, pings, requests, subscriptions } = this.#parts;
    const handed = writeLoop.written - writeLoop.pendingBytes;
    const dropped = writeLoop.discard(error);
    this.droppedMessages += dropped;
    // A message whose call rejects is not reported beside that.
    const told = requests.end(handed, error) + (writeLoop.early?.failed(error) ?? 0);
    const lost = dropped - told;
    writeLoop.early = undefined;
    pings.end(error);
    subscriptions.end(error instanceof ConnectionClosedError ? undefined : error);
    this.gate.clear();
    if (lost <= 0) return;
    const count = lost === 1 ? "1 message was" : `${lost} messages were`;
    const message = `${count} never sent: ${error.message}`;
    this.#journal.report(new MessagesDroppedError(message, lost, { cause: error }));
  }
}

function backlogError(count: number): MessagesDroppedError {
  return new MessagesDroppedError(
    `${count} messages were dropped: a queue was full while the connection waited for an answer, and 64 MiB of messages were already waiting. Handle messages faster, or send requests over another connection.`,
    count,
  );
}

/**
 * @param inFlight `true` if the command had begun before.
 * @returns The error of every use after the connection was closed.
 */
export function closedError(inFlight = false): ConnectionClosedError {
  return new ConnectionClosedError(
    "The connection is closed. Create a new NatsConnection.",
    inFlight,
  );
}

function unconfirmedError(): ConnectionClosedError {
  return new ConnectionClosedError(
    "The connection was closed before the server had confirmed all messages.",
  );
}
