import { encodeUtf8 } from "../buffers/bytes.js";
import { ReadBuffer } from "../buffers/read-buffer.js";
import { type Deferred, deferred } from "../commands/deferred.js";
import {
  AuthorizationError,
  ConnectionError,
  InvalidArgumentError,
  ServerError,
  TimeoutError,
} from "../errors.js";
import type { Frame } from "../protocol/frame.js";
import { type OperationHandler, Parser } from "../protocol/parser.js";
import { PONG } from "../protocol/protocol-writer.js";
import { formatServer, type ServerAddress } from "../protocol/server-address.js";
import { parseServerInfo, type ServerInfo } from "../protocol/server-info.js";
import type { NatsTlsOptions } from "../transport/tls.js";
import type { Connect, Transport, TransportHandler } from "../transport/transport.js";

/** What an open connection to a server tells. */
export interface ServerEvents {
  /** A message. The frame is borrowed. */
  message(frame: Frame): void;
  /** Bytes arrived. */
  received(bytes: number): void;
  /** A PONG, not the handshake's. */
  pong(): void;
  /** INFO, not the handshake's. */
  info(info: ServerInfo): void;
  /** The server took all that was written. */
  drained(): void;
  /** An -ERR. */
  serverError(text: string): void;
  /** The connection is lost, after it was open. Called once. */
  lost(error: Error): void;
}

/**
 * One connection to one server, from dialling to the end. A new one is made for each attempt, so that
 * nothing of an old one can reach it.
 */
export class ServerConnection implements OperationHandler, TransportHandler {
  /** What the server said of itself last. */
  serverInfo!: ServerInfo;
  readonly server: ServerAddress;
  readonly window: Uint8Array;

  readonly #events: ServerEvents;
  readonly #parser = new Parser(this);
  readonly #readBuffer: ReadBuffer;
  readonly #hasInfo: Deferred = deferred();
  readonly #hasPong: Deferred = deferred();
  readonly #gaveUp = new AbortController();
  readonly #failed: Deferred<never> = deferred();
  #transport: Transport | undefined;
  /** The handshake's PONG has come; what follows it may lie in the same read. */
  #accepted = false;
  /** {@link open} has resolved. */
  #open = false;
  #ended = false;

  /**
   * @param server Where to connect.
   * @param readerBufferSize Bytes read at once.
   * @param events Told what happens once the connection is open.
   */
  constructor(server: ServerAddress, readerBufferSize: number, events: ServerEvents) {
    this.server = server;
    this.#events = events;
    this.#readBuffer = new ReadBuffer(readerBufferSize, this.#parser);
    this.window = this.#readBuffer.window;
  }

  /**
   * Dials, and goes through the handshake: the server sends INFO, the client CONNECT, its subscriptions
   * and PING, and the server's PONG says that it accepted them.
   *
   * @param connect Opens the transport.
   * @param tls How to encrypt; `null` for never.
   * @param greeting What to send after INFO, complete commands without the PING.
   * @param timeout Milliseconds for all of it.
   * @returns The open transport.
   * @throws ConnectionError, AuthorizationError, ProtocolError
   */
  async open(
    connect: Connect,
    tls: NatsTlsOptions | null | undefined,
    greeting: (info: ServerInfo) => Promise<string>,
    timeout: number,
  ): Promise<Transport> {
    const address = formatServer(this.server);
    const timer = setTimeout(() => {
      this.#fail(new TimeoutError(`no answer within ${timeout} ms (connectTimeout)`));
    }, timeout);
    try {
      this.#transport = await this.#dial(connect);
      if (tls?.handshakeFirst) await this.#encrypt(tls);
      await Promise.race([this.#hasInfo.promise, this.#failed.promise]);
      if (!tls?.handshakeFirst && this.#wantsEncryption(tls)) await this.#encrypt(tls ?? {});
      const commands = await Promise.race([greeting(this.serverInfo), this.#failed.promise]);
      this.#transport.write(encodeUtf8(`${commands}PING\r\n`));
      await Promise.race([this.#hasPong.promise, this.#failed.promise]);
      // Both may have come with the same read.
      if (this.#ended) await this.#failed.promise;
      this.#open = true;
      return this.#transport;
    } catch (cause) {
      this.#ended = true;
      this.#transport?.destroy();
      if (cause instanceof AuthorizationError) throw cause;
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new ConnectionError(`Could not connect to ${address}: ${why}`, { cause });
    } finally {
      clearTimeout(timer);
    }
  }

  /** Stops reading, once the operation at hand is done. */
  pause(): void {
    this.#parser.paused = true;
  }

  /** Goes on reading. */
  resume(): void {
    if (!this.#parser.paused) return;
    this.#parser.paused = false;
    if (this.#guarded(() => this.#readBuffer.resume())) this.#transport?.resume();
  }

  /** Sends what is left and ends the connection; nothing is told any more. */
  end(): void {
    this.#ended = true;
    this.#transport?.end();
  }

  /** Ends the connection at once, as lost; where it is not open yet, {@link open} rejects. */
  giveUp(error: Error): void {
    this.#fail(error);
  }

  read(length: number): boolean {
    if (this.#ended) return true;
    this.#events.received(length);
    return this.#guarded(() => this.#readBuffer.read(length));
  }

  drained(): void {
    if (this.#open && !this.#ended) this.#events.drained();
  }

  closed(error: Error | undefined): void {
    const address = formatServer(this.server);
    this.#fail(
      error === undefined
        ? new ConnectionError(`${address} ended the connection`)
        : new ConnectionError(`The connection to ${address} broke: ${error.message}`, {
            cause: error,
          }),
    );
  }

  message(frame: Frame): void {
    this.#events.message(frame);
  }

  info(json: string): void {
    this.serverInfo = parseServerInfo(json);
    if (this.#accepted) this.#events.info(this.serverInfo);
    else this.#hasInfo.resolve();
  }

  ping(): void {
    this.#transport?.write(PONG);
  }

  pong(): void {
    if (this.#accepted) {
      this.#events.pong();
    } else {
      this.#accepted = true;
      this.#hasPong.resolve();
    }
  }

  serverError(text: string): void {
    if (this.#accepted) this.#events.serverError(text);
    else this.#fail(serverFailure(text, this.server));
  }

  async #dial(connect: Connect): Promise<Transport> {
    const { host, port } = this.server;
    const connecting = connect(host, port, this, this.#gaveUp.signal);
    connecting.then(
      (transport) => this.#ended && transport.destroy(),
      () => {},
    );
    return Promise.race([connecting, this.#failed.promise]);
  }

  /** Whether to encrypt after INFO: where this side or the server wants it, or the server offers it. */
  #wantsEncryption(tls: NatsTlsOptions | null | undefined): boolean {
    const { tls_required: required = false, tls_available: available = false } = this.serverInfo;
    if ((tls || this.server.secure) && !required && !available) {
      throw new InvalidArgumentError("the server does not support TLS, which the options ask for");
    }
    if (tls === null && required) {
      throw new InvalidArgumentError("the server requires TLS, which the options rule out");
    }
    return required || (available && tls !== null);
  }

  async #encrypt(tls: NatsTlsOptions): Promise<void> {
    const encrypting = this.#transport!.secure(tls, this.server.host);
    await Promise.race([encrypting, this.#failed.promise]);
  }

  #guarded(read: () => boolean): boolean {
    try {
      return read();
    } catch (error) {
      this.#fail(error as Error);
      return true;
    }
  }

  #fail(error: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#transport?.destroy();
    this.#gaveUp.abort(error);
    this.#failed.reject(error);
    if (this.#open) this.#events.lost(error);
  }
}

/** @returns The error that an -ERR stands for when it ends a connection. */
export function serverFailure(text: string, server: ServerAddress): Error {
  const address = formatServer(server);
  if (/authorization|authentication/i.test(text)) {
    return new AuthorizationError(
      `${address} refused the credentials: ${text}. Check user, password, token or key.`,
    );
  }
  return new ServerError(`${address} says: ${text}`);
}
