import type { TransportHandler } from "./transport.js";

/**
 * Hands over what arrives in memory of its own, as encrypted streams and WebSockets deliver it, through
 * the handler's window; what nobody wants to read yet waits here.
 */
export class PieceReader {
  /** Bytes that wait. */
  waiting = 0;

  readonly #handler: TransportHandler;
  readonly #pieces: Uint8Array[] = [];
  #reading = false;
  /** The handler wants no more until it asks. */
  #paused = false;

  /** @param handler Gets the bytes. */
  constructor(handler: TransportHandler) {
    this.#handler = handler;
  }

  /** A piece arrived. @returns Whether to go on reading. */
  read(bytes: Uint8Array): boolean {
    this.#pieces.push(bytes);
    this.waiting += bytes.length;
    // Streams deliver what they had begun with even when they are paused; the window is still in use.
    return this.#paused ? false : this.#readAll();
  }

  /** The handler wants more: hands over what waits. @returns Whether to go on reading. */
  readOn(): boolean {
    this.#paused = false;
    return this.#readAll();
  }

  #readAll(): boolean {
    // A handler that asks for more while it is read to: the loop that is under way goes on by itself.
    if (this.#reading) return true;
    this.#reading = true;
    try {
      return this.#handOver();
    } finally {
      this.#reading = false;
    }
  }

  /** Nobody reads any more. */
  #forget(): boolean {
    this.#pieces.length = 0;
    this.waiting = 0;
    return true;
  }

  #handOver(): boolean {
    for (let bytes = this.#pieces[0]; bytes !== undefined; bytes = this.#pieces[0]) {
      const { window } = this.#handler;
      if (window.length === 0) return this.#forget();
      const part = bytes.subarray(0, window.length);
      window.set(part);
      this.waiting -= part.length;
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
