import { inBackground } from "#schedule";
import { encodeUtf8 } from "../buffers/bytes.js";
import { ReadBuffer } from "../buffers/read-buffer.js";
import {
  AuthorizationError,
  ConnectionError,
  InvalidArgumentError,
  ProtocolError,
  reason,
  TimeoutError,
} from "../errors.js";
import type { Frame } from "../protocol/frame.js";
import { type OperationHandler, Parser } from "../protocol/parser.js";
import { PING, PONG } from "../protocol/protocol-writer.js";
import { formatServer, type ServerAddress } from "../protocol/server-address.js";
import { parseServerInfo, type ServerInfo } from "../protocol/server-info.js";
import type { NatsTlsOptions } from "../transport/tls-options.js";
import type { Connect, Transport, TransportHandler } from "../transport/transport.js";
import { type Deferred, deferred } from "../waiting/deferred.js";
import { readingBudget } from "../waiting/turn-budget.js";
import type { ReadingGate } from "./reading-gate.js";
import { connectionError, refusesSubscription } from "./server-error.js";
import type { Subscriptions } from "./subscriptions.js";

/** Events of a connection to a server. */
export interface ServerEvents {
  /** The PONG of the handshake arrived: the server accepted CONNECT and the subscriptions. */
  opened(connection: ServerConnection, transport: Transport): void;
  /** Bytes arrived. */
  received(bytes: number): void;
  /** A PONG after the handshake arrived. */
  pong(): void;
  /** INFO after the handshake arrived. */
  info(info: ServerInfo): void;
  /** The socket has taken everything that was written. */
  drained(): void;
  /** An -ERR arrived. */
  serverError(text: string): void;
  /** The open connection is lost. Called once. */
  lost(connection: ServerConnection, error: Error): void;
}

/** Options of {@link ServerConnection.open}. */
export interface OpenOptions {
  /** Opens the transport. */
  readonly connect: Connect;
  /** TLS options; `null` to refuse encryption. */
  readonly tls: NatsTlsOptions | null | undefined;
  /** Returns the commands that follow INFO, without the PING. */
  readonly greeting: (info: ServerInfo) => Promise<string>;
  /** `true` after a connection with TLS: a server without TLS is refused before anything is sent to it. */
  readonly keepsTls: boolean;
  /** Milliseconds for the whole handshake. */
  readonly timeout: number;
}

/**
 * Phase of a connection.
 *
 * - `dialling`: only INFO may arrive
 * - `encrypting`: no operation may arrive
 * - `greeting`: CONNECT is made or sent
 * - `open`: the server's PONG arrived
 * - `ended`: no more events
 */
type Phase = "dialling" | "encrypting" | "greeting" | "open" | "ended";

/**
 * One connection to one server, from dialling to the end. Each attempt has a new one, so that nothing of an old
 * connection reaches it.
 */
export class ServerConnection implements OperationHandler, TransportHandler {
  /** Latest INFO of the server. */
  serverInfo: ServerInfo | undefined;
  /** `true` if the connection is encrypted. */
  encrypted: boolean;
  readonly server: ServerAddress;

  readonly #subscriptions: Subscriptions;
  readonly #events: ServerEvents;
  readonly #parser = new Parser(this);
  readonly #readBuffer: ReadBuffer;
  readonly #hasInfo: Deferred<ServerInfo> = deferred();
  readonly #hasPong: Deferred = deferred();
  readonly #failed: Deferred<never> = deferred();
  readonly #gaveUp = new AbortController();
  #phase: Phase = "dialling";
  readonly #gate: ReadingGate;
  /** This turn's budget is spent. */
  #resting = false;
  #tls: NatsTlsOptions | null | undefined;
  #keepsTls = false;
  #transport: Transport | undefined;
  /** Ends the transport for good if the system takes too long. */
  #patience: NodeJS.Timeout | undefined;
  /** The last -ERR if nothing followed it: the reason if the server ends the connection now. */
  #lastWords: string | undefined;

  /**
   * @param server Address of the server.
   * @param readerBufferSize Bytes read at once.
   * @param subscriptions Receive the messages.
   * @param gate Decides when to read, and holds messages back.
   * @param events Receives everything else.
   */
  constructor(
    server: ServerAddress,
    readerBufferSize: number,
    subscriptions: Subscriptions,
    gate: ReadingGate,
    events: ServerEvents,
  ) {
    this.server = server;
    this.encrypted = server.webSocketPath !== undefined && server.secure;
    this.#subscriptions = subscriptions;
    this.#gate = gate;
    this.#events = events;
    this.#readBuffer = new ReadBuffer(readerBufferSize, this.#parser);
  }

  get window(): Uint8Array {
    return this.#readBuffer.window;
  }

  /**
   * Dials and completes the handshake: the server sends INFO; the client sends CONNECT, its subscriptions and PING;
   * the server accepts them with PONG.
   *
   * @returns Settles after the event `opened`.
   * @throws ConnectionError, AuthorizationError
   */
  async open({ connect, tls, keepsTls, greeting, timeout }: OpenOptions): Promise<void> {
    const timer = setTimeout(() => {
      this.#fail(new TimeoutError(`no answer within ${timeout} ms (connectTimeout)`));
    }, timeout);
    try {
      this.#tls = tls;
      this.#keepsTls = keepsTls;
      const transport = await this.#dial(connect);
      this.#transport = transport;
      if (this.#encryptsFirst) await this.#encrypt(tls ?? {});
      const info = await this.#orFailed(this.#hasInfo.promise);
      if (this.#phase === "encrypting") await this.#encrypt(tls ?? {});
      this.#phase = "greeting";
      const commands = await this.#orFailed(greeting(info));
      transport.write(encodeUtf8(`${commands}PING\r\n`));
      await this.#orFailed(this.#hasPong.promise);
    } catch (cause) {
      this.#end();
      this.#transport?.destroy();
      if (cause instanceof AuthorizationError) throw cause;
      throw new ConnectionError(
        `Could not connect to ${formatServer(this.server)}: ${reason(cause)}`,
        {
          cause,
        },
      );
    } finally {
      clearTimeout(timer);
    }
  }

  /** Sends a PING ahead of all waiting bytes. */
  sendPing(): void {
    this.#transport?.write(PING);
  }

  /** Stops reading after the current operation, or continues, as the gate and this turn allow. */
  update(): void {
    if (this.#phase !== "open") return;
    const wasPaused = this.#parser.paused;
    this.#parser.paused = !this.#mayRead;
    if (!wasPaused || this.#parser.paused) return;
    readingBudget.begin();
    const reads = this.#guarded(() => this.#readBuffer.resume());
    readingBudget.end();
    if (reads) this.#transport?.resume();
  }

  /**
   * Ends the connection without further events.
   *
   * @param patience Milliseconds that the system may still take to send what it has; 0 for none.
   */
  end(patience: number): void {
    this.#end();
    const transport = this.#transport;
    if (patience === 0) {
      transport?.destroy();
      return;
    }
    transport?.end();
    this.#patience = inBackground(setTimeout(() => transport?.destroy(), patience));
  }

  /** Ends the connection at once, as lost. If it is not open yet, {@link open} rejects. */
  giveUp(error: Error): void {
    this.#fail(error);
  }

  read(length: number): boolean {
    if (this.#phase === "ended") return true;
    this.#events.received(length);
    this.#lastWords = undefined;
    readingBudget.begin();
    if (readingBudget.spent) this.#rest();
    const reads = this.#guarded(() => {
      if (this.#phase === "encrypting") throw unencrypted();
      return this.#readBuffer.read(length);
    });
    readingBudget.end();
    return reads;
  }

  drained(): void {
    if (this.#phase === "open") this.#events.drained();
  }

  closed(error: Error | undefined): void {
    clearTimeout(this.#patience);
    const address = formatServer(this.server);
    if (this.#lastWords !== undefined) this.#fail(connectionError(this.#lastWords, this.server));
    this.#fail(
      error === undefined
        ? new ConnectionError(`${address} closed the connection`)
        : new ConnectionError(`The connection to ${address} failed: ${error.message}`, {
            cause: error,
          }),
    );
  }

  message(frame: Frame): void {
    // The subscriptions take effect before the server has read the PING behind them.
    if (this.#phase !== "open" && this.#phase !== "greeting") throw tooEarly("MSG");
    if (this.#gate.diverting) this.#divert(frame);
    else this.#subscriptions.dispatch(frame);
    if (readingBudget.spend()) this.#rest();
  }

  info(json: string): void {
    const info = parseServerInfo(json);
    this.serverInfo = info;
    if (this.#phase === "open") this.#events.info(info);
    if (this.#phase !== "dialling") return;
    if (!this.#encryptsFirst && this.#wantsEncryption(info)) {
      this.#phase = "encrypting";
      // Anything that follows is not encrypted, and anybody may have sent it.
      this.#parser.paused = true;
    }
    this.#hasInfo.resolve(info);
  }

  ping(): void {
    this.#transport?.write(PONG);
  }

  pong(): void {
    if (this.#phase === "open") {
      this.#events.pong();
      if (this.#gate.diverting) this.#parser.paused = !this.#mayRead;
      return;
    }
    if (this.#phase !== "greeting") throw tooEarly("PONG");
    this.#phase = "open";
    this.#hasPong.resolve();
    this.#events.opened(this, this.#transport!);
  }

  serverError(text: string): void {
    const ofSubscription = this.#phase === "greeting" && refusesSubscription(text);
    if (this.#phase !== "open" && !ofSubscription) this.#fail(connectionError(text, this.server));
    else this.#events.serverError(text);
    this.#lastWords = text;
  }

  get #mayRead(): boolean {
    if (!this.#transport!.pausable) return true;
    return !this.#resting && this.#gate.mayRead;
  }

  /** Keeps a message back while older ones wait. */
  #divert(frame: Frame): void {
    this.#gate.keep(frame);
    if (this.#phase === "open") this.#parser.paused = !this.#mayRead;
  }

  /** Reads no more in this turn. */
  #rest(): void {
    if (this.#resting || this.#phase !== "open") return;
    this.#resting = true;
    this.#parser.paused = !this.#mayRead;
    if (!this.#parser.paused) this.#gate.diverting = true;
    readingBudget.next(() => {
      this.#resting = false;
      this.#gate.deliver();
      this.update();
    });
  }

  /** `true` if TLS precedes INFO. A WebSocket encrypts by itself. */
  get #encryptsFirst(): boolean {
    return this.#tls?.handshakeFirst === true && this.server.webSocketPath === undefined;
  }

  async #dial(connect: Connect): Promise<Transport> {
    if (this.#encryptsFirst) this.#phase = "encrypting";
    if (this.#keepsTls && this.server.webSocketPath !== undefined && !this.encrypted) throw noTls();
    const connecting = connect(this.server, this, this.#gaveUp.signal, this.#tls);
    connecting.then(
      (transport) => this.#phase === "ended" && transport.destroy(),
      () => {},
    );
    return this.#orFailed(connecting);
  }

  /** @returns `true` if the options or the server require encryption, or the server offers it. */
  #wantsEncryption(info: ServerInfo): boolean {
    if (this.server.webSocketPath !== undefined) return false;
    const { tls_required: required = false, tls_available: available = false } = info;
    if ((this.#tls || this.server.secure) && !required && !available) {
      throw new InvalidArgumentError("the server does not support TLS, which the options require");
    }
    if (this.#keepsTls && !required && !available) throw noTls();
    if (this.#tls === null && required) {
      throw new InvalidArgumentError("the server requires TLS, which the options exclude");
    }
    return required || (available && this.#tls !== null);
  }

  async #encrypt(tls: NatsTlsOptions): Promise<void> {
    if (this.#readBuffer.unread > 0) throw unencrypted();
    await this.#orFailed(this.#transport!.secure(tls, this.server.tlsName ?? this.server.host));
    this.encrypted = true;
    this.#parser.paused = false;
    this.#phase = "dialling";
  }

  #orFailed<T>(promise: Promise<T>): Promise<T> {
    return Promise.race([promise, this.#failed.promise]);
  }

  #guarded(read: () => boolean): boolean {
    try {
      return read();
    } catch (error) {
      this.#fail(error as Error);
      return true;
    }
  }

  #end(): void {
    this.#phase = "ended";
    // Errors that are kept may hold on to this object by their stack.
    this.#readBuffer.release();
  }

  #fail(error: Error): void {
    const wasOpen = this.#phase === "open";
    if (this.#phase === "ended") return;
    this.#end();
    this.#transport?.destroy();
    this.#gaveUp.abort(error);
    this.#failed.reject(error);
    if (wasOpen) this.#events.lost(this, error);
  }
}

function tooEarly(operation: string): ProtocolError {
  return new ProtocolError(`The server sent ${operation} before the end of the handshake.`);
}

function noTls(): ConnectionError {
  return new ConnectionError(
    "it offers no TLS, and an earlier connection was encrypted. Nothing was sent to it",
  );
}

function unencrypted(): ProtocolError {
  return new ProtocolError(
    "The server sent unencrypted data instead of the TLS handshake. Is there a proxy or an attacker in between?",
  );
}
