import { connect, type Socket } from "node:net";
import type { Connect, Transport, TransportHandler } from "./transport.js";

/** Opens a TCP stream that reads into the handler's window. */
export const connectTcp: Connect = (host, port, handler, signal) =>
  new Promise((resolve, reject) => {
    const socket = connect({
      host,
      port,
      noDelay: true,
      onread: {
        buffer: handler.window,
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
  readonly #socket: Socket;
  readonly #written: () => void;

  constructor(socket: Socket, handler: TransportHandler) {
    this.#socket = socket;
    // Also called for writes that were taken at once; by then nothing else may be waiting.
    this.#written = () => {
      if (socket.writableLength === 0) handler.drained();
    };
    let failure: Error | undefined;
    socket.on("error", (error) => {
      failure = error;
    });
    socket.on("close", () => handler.closed(failure));
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

  resume(): void {
    this.#socket.resume();
  }

  end(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }
}
