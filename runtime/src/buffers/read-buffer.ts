import { allocate } from "./bytes.js";

/** Space before the window for the beginning of a message that the next read continues. */
const HEADROOM = 64 * 1024;

/**
 * Window of all buffers before their first read. A socket reads right before it passes the bytes on, and they are
 * copied at once, so one serves all.
 */
const FIRST_WINDOW = allocate(4 * 1024);

const NOTHING = allocate(0);

/** A parser that consumes complete messages and reports the start of the first incomplete one. */
export interface Consumer {
  /** `true` if it does not accept more data for now. */
  readonly paused: boolean;
  /** Total size in bytes of the unfinished message at the end; 0 if not known yet. */
  readonly needed: number;
  /** @returns The position where it stopped. */
  parse(buffer: Uint8Array, start: number, end: number): number;
}

/**
 * The fixed memory that the socket reads into. If a read ends in the middle of a message, its
 * beginning is moved to the space before the window, so that the next read continues it. A message
 * larger than that space is assembled in separate memory. It is allocated when the first bytes arrive: most attempts to
 * connect to a server that is away get none.
 */
export class ReadBuffer {
  /** Destination of the socket's next read, from the first byte on. */
  window: Uint8Array;

  readonly #size: number;
  /** Empty before the first read, and after {@link release}. */
  #memory = NOTHING;
  readonly #consumer: Consumer;
  /** Start of the unfinished message before the window. */
  #start = HEADROOM;
  /** One past the data that was read while the consumer was paused. */
  #heldEnd = 0;
  /** A large message that is being assembled. */
  #large: Uint8Array | undefined;
  #largeLength = 0;

  /**
   * @param size Size of the window in bytes.
   * @param consumer Receiver of the data.
   */
  constructor(size: number, consumer: Consumer) {
    this.#size = size;
    this.window = FIRST_WINDOW.subarray(0, size);
    this.#consumer = consumer;
  }

  /**
   * Passes the data that the socket read into the {@link window} to the consumer.
   *
   * @param length Number of bytes read.
   * @returns `true` to continue reading; `false` if the consumer paused.
   */
  read(length: number): boolean {
    if (this.#memory === NOTHING) this.#grow(length);
    const end = HEADROOM + length;
    if (this.#large === undefined) return this.#consume(this.#start, end);
    const taken = Math.min(length, this.#large.length - this.#largeLength);
    this.#large.set(this.#memory.subarray(HEADROOM, HEADROOM + taken), this.#largeLength);
    this.#largeLength += taken;
    if (this.#largeLength < this.#large.length) return true;
    if (this.#consumer.paused) {
      this.#start = HEADROOM + taken;
      this.#heldEnd = end;
      return false;
    }
    this.#consumeLarge();
    return this.#consume(HEADROOM + taken, end);
  }

  /**
   * Passes the data that was held back while the consumer was paused.
   *
   * @returns `true` to continue reading; `false` if the consumer paused again.
   */
  resume(): boolean {
    const end = this.#heldEnd;
    if (end === 0) return !this.#consumer.paused;
    this.#heldEnd = 0;
    if (this.#large !== undefined) this.#consumeLarge();
    return this.#consume(this.#start, end);
  }

  /**
   * Releases all memory, even if the object itself is still referenced. Call it after the last
   * read.
   */
  release(): void {
    this.#memory = NOTHING;
    this.window = NOTHING;
    this.#large = undefined;
    this.#heldEnd = 0;
  }

  /** Number of bytes that are unfinished or held back. */
  get unread(): number {
    const end = this.#heldEnd === 0 ? HEADROOM : this.#heldEnd;
    return end - this.#start + this.#largeLength;
  }

  /** Allocates all memory at the first read. */
  #grow(length: number): void {
    const first = this.window;
    this.#memory = allocate(HEADROOM + this.#size);
    this.window = this.#memory.subarray(HEADROOM);
    this.window.set(first.subarray(0, length));
  }

  #consumeLarge(): void {
    const piece = this.#large!;
    this.#large = undefined;
    this.#largeLength = 0;
    this.#consumer.parse(piece, 0, piece.length);
  }

  #consume(start: number, end: number): boolean {
    const at = this.#consumer.parse(this.#memory, start, end);
    // A handler may have closed the connection.
    if (this.#memory === NOTHING) return true;
    if (this.#consumer.paused) {
      this.#start = at === end ? HEADROOM : at;
      this.#heldEnd = at === end ? 0 : end;
      return false;
    }
    const rest = end - at;
    this.#start = HEADROOM;
    if (rest === 0) return true;
    if (rest <= HEADROOM) {
      this.#start = HEADROOM - rest;
      this.#memory.copyWithin(this.#start, at, end);
    } else {
      this.#large = allocate(this.#consumer.needed);
      this.#largeLength = rest;
      this.#large.set(this.#memory.subarray(at, end));
    }
    return true;
  }
}
