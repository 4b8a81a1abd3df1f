import { allocate } from "./bytes.js";

/** Room in front of the window, where the beginning of what the next read continues is kept. */
const HEADROOM = 64 * 1024;

const NOTHING = allocate(0);

/** Reads whole pieces out of bytes and says where the first unfinished one begins. */
export interface Consumer {
  /** Whether it wants to see no more for now. */
  readonly paused: boolean;
  /** Bytes that the unfinished piece at the end has in all; 0 where that is not known yet. */
  readonly needed: number;
  /** @returns Where it stopped. */
  parse(buffer: Uint8Array, start: number, end: number): number;
}

/**
 * The memory that the socket reads into, always the same. What a read ends in the middle of is moved in
 * front of the window, so that the next read continues it; a piece larger than that room is put
 * together in memory of its own.
 */
export class ReadBuffer {
  /** Where the socket is to put what it reads, from the first byte on. */
  window: Uint8Array;

  #memory: Uint8Array;
  readonly #consumer: Consumer;
  /** Where the unfinished piece in front of the window begins. */
  #start = HEADROOM;
  /** One past what was read while the consumer was paused. */
  #heldEnd = 0;
  /** A large piece that is being put together. */
  #large: Uint8Array | undefined;
  #largeLength = 0;

  /**
   * @param size Bytes of the window.
   * @param consumer Gets what was read.
   */
  constructor(size: number, consumer: Consumer) {
    this.#memory = allocate(HEADROOM + size);
    this.window = this.#memory.subarray(HEADROOM);
    this.#consumer = consumer;
  }

  /**
   * Hands over what the socket read into the {@link window}.
   *
   * @param length Bytes that were read.
   * @returns Whether to go on reading; `false` when the consumer paused.
   */
  read(length: number): boolean {
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
   * Hands over what was held back while the consumer was paused.
   *
   * @returns Whether to go on reading; `false` when the consumer paused again.
   */
  resume(): boolean {
    const end = this.#heldEnd;
    if (end === 0) return !this.#consumer.paused;
    this.#heldEnd = 0;
    if (this.#large !== undefined) this.#consumeLarge();
    return this.#consume(this.#start, end);
  }

  /** Nothing is read any more: lets go of all memory, also where somebody keeps hold of this. */
  release(): void {
    this.#memory = NOTHING;
    this.window = NOTHING;
    this.#large = undefined;
    this.#heldEnd = 0;
  }

  /** Bytes that wait: unfinished, or held back. */
  get unread(): number {
    const end = this.#heldEnd === 0 ? HEADROOM : this.#heldEnd;
    return end - this.#start + this.#largeLength;
  }

  #consumeLarge(): void {
    const piece = this.#large!;
    this.#large = undefined;
    this.#largeLength = 0;
    this.#consumer.parse(piece, 0, piece.length);
  }

  #consume(start: number, end: number): boolean {
    const at = this.#consumer.parse(this.#memory, start, end);
    // A handler may have ended the connection.
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
