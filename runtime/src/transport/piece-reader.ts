import type { TransportHandler } from "./transport.js";

/**
 * Copies data that arrives in its own memory, as from encrypted streams and WebSockets, to the
 * handler's window. Keeps data that the handler does not accept yet.
 */
export class PieceReader {
  readonly #handler: TransportHandler;
  readonly #pieces: Uint8Array[] = [];
  #reading = false;
  /** `true` until the handler resumes. */
  #paused = false;

  /** @param handler Receiver of the bytes. */
  constructor(handler: TransportHandler) {
    this.#handler = handler;
  }

  /** Accepts a piece of data. @returns `true` to continue reading. */
  read(bytes: Uint8Array): boolean {
    this.#pieces.push(bytes);
    // A stream delivers the data that it has begun with, even if it is paused; the window is still
    // in use.
    return this.#paused ? false : this.#readAll();
  }

  /** Resumes: delivers waiting data. @returns `true` to continue reading. */
  readOn(): boolean {
    this.#paused = false;
    return this.#readAll();
  }

  #readAll(): boolean {
    // The handler resumed during a delivery: the running loop continues by itself.
    if (this.#reading) return true;
    this.#reading = true;
    try {
      return this.#handOver();
    } finally {
      this.#reading = false;
    }
  }

  /** Discards the data, since the handler no longer reads. */
  #forget(): boolean {
    this.#pieces.length = 0;
    return true;
  }

  #handOver(): boolean {
    for (let bytes = this.#pieces[0]; bytes !== undefined; bytes = this.#pieces[0]) {
      const { window } = this.#handler;
      if (window.length === 0) return this.#forget();
      const part = bytes.subarray(0, window.length);
      window.set(part);
      if (part.length === bytes.length) this.#pieces.shift();
      else this.#pieces[0] = bytes.subarray(part.length);
      if (!this.#handler.read(part.length)) {
        this.#paused = true;
        return false;
      }
    }
    return true;
  }
}
