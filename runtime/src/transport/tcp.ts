import { connect, type Socket } from "node:net";
import { shuffledLookup } from "./lookup.js";
import { PieceReader } from "./piece-reader.js";
import { encrypt } from "./tls.js";
import type { NatsTlsOptions } from "./tls-options.js";
import type { Connect, Transport, TransportHandler } from "./transport.js";

/** Opens a TCP stream that reads into the handler's window. */
export const connectTcp: Connect = ({ host, port, noRandomize }, handler, signal) =>
  new Promise((resolve, reject) => {
    let { window } = handler;
    const socket = connect({
      host,
      port,
      noDelay: true,
      ...(!noRandomize && { lookup: shuffledLookup() }),
      onread: {
        // Called after each read. Bytes after the end are discarded in the last window.
        buffer() {
          if (handler.window.length > 0) window = handler.window;
          return window;
        },
        callback: (length) => handler.read(length),
      },
    });
    const abort = () => socket.destroy(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    socket.once("error", reject);
    socket.once("connect", () => {
      signal.removeEventListener("abort", abort);
      socket.off("error", reject);
      resolve(new TcpTransport(socket, handler));
    });
  });

class TcpTransport implements Transport {
  readonly pausable = true;
  readonly #handler: TransportHandler;
  readonly #written = (error?: Error | null): void => {
    // Node.js also calls this for writes that were complete at once; other data may then be
    // waiting.
    if (!error && this.#socket.writableLength === 0) this.#handler.drained();
  };
  #socket: Socket;
  readonly #pieces: PieceReader;
  #closed = false;

  constructor(socket: Socket, handler: TransportHandler) {
    this.#socket = socket;
    this.#handler = handler;
    this.#pieces = new PieceReader(handler);
    this.#watch(socket);
  }

  get writable(): boolean {
    return this.#socket.writable;
  }

  write(bytes: Uint8Array): boolean {
    this.#socket.write(bytes, this.#written);
    return this.#socket.writableLength === 0;
  }

  writeAll(pieces: readonly Uint8Array[]): boolean {
    const socket = this.#socket;
    socket.cork();
    for (const piece of pieces) socket.write(piece, this.#written);
    socket.uncork();
    return socket.writableLength === 0;
  }

  async secure(options: NatsTlsOptions, host: string): Promise<void> {
    const encrypted = await encrypt(this.#socket, options, host);
    this.#socket = encrypted;
    this.#watch(encrypted);
    // Decrypted bytes arrive in their own memory, even if the stream below reads into the window.
    encrypted.on("data", (bytes: Buffer) => {
      if (!this.#pieces.read(bytes)) encrypted.pause();
    });
  }

  resume(): void {
    if (this.#pieces.readOn()) this.#socket.resume();
  }

  end(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #watch(socket: Socket): void {
    let failure: Error | undefined;
    socket.on("error", (error) => {
      failure = error;
    });
    socket.on("close", () => {
      if (this.#closed) return;
      this.#closed = true;
      this.#handler.closed(failure);
    });
  }
}
