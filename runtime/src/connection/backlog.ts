import { allocate } from "../buffers/bytes.js";
import type { Frame } from "../protocol/frame.js";
import { type OperationHandler, Parser } from "../protocol/parser.js";

/** Most bytes that may wait. */
const MOST_BYTES = 64 * 1024 * 1024;
const CHUNK_SIZE = 64 * 1024;

/** Memory with whole operations. */
interface Chunk {
  readonly memory: Uint8Array;
  length: number;
}

/**
 * Received messages that wait for their subscriptions, as the bytes in which they arrived. When 64 MiB wait, it drops
 * the newest.
 */
export class Backlog {
  /** Number of waiting bytes. */
  size = 0;
  /** Number of messages dropped since the backlog was last empty. */
  dropped = 0;

  readonly #parser: Parser;
  #chunks: Chunk[] = [];
  /** Start of the oldest operation in the oldest chunk. */
  #start = 0;

  /** @param deliver Receives the messages, borrowed, oldest first. */
  constructor(deliver: (frame: Frame) => void) {
    // Only messages wait here.
    const others = { info() {}, ping() {}, pong() {}, serverError() {} };
    this.#parser = new Parser({ ...others, message: deliver } satisfies OperationHandler);
  }

  /** `true` if the backlog is at least half full. */
  get halfFull(): boolean {
    return this.size >= MOST_BYTES / 2;
  }

  /** Adds a message, or drops it. @returns `false` if it was dropped. */
  add({ buffer, begin, end }: Frame): boolean {
    // The line and the payload, with the line end behind it.
    const length = end + 2 - begin;
    if (this.size + length > MOST_BYTES) {
      this.dropped++;
      return false;
    }
    let chunk = this.#chunks.at(-1);
    if (chunk === undefined || chunk.length + length > chunk.memory.length) {
      chunk = { memory: allocate(Math.max(length, CHUNK_SIZE)), length: 0 };
      this.#chunks.push(chunk);
    }
    chunk.memory.set(buffer.subarray(begin, begin + length), chunk.length);
    chunk.length += length;
    this.size += length;
    return true;
  }

  /** Delivers messages until none waits or {@link stop} is called. */
  deliver(): void {
    this.#parser.paused = false;
    for (let chunk = this.#chunks[0]; chunk !== undefined; chunk = this.#chunks[0]) {
      const start = this.#start;
      this.#start = this.#parser.parse(chunk.memory, start, chunk.length);
      this.size -= this.#start - start;
      if (this.#start === chunk.length && chunk === this.#chunks[0]) {
        this.#chunks.shift();
        this.#start = 0;
      }
      if (this.#parser.paused) return;
    }
  }

  /** Stops delivering after the current message. */
  stop(): void {
    this.#parser.paused = true;
  }

  /** Discards all messages. */
  clear(): void {
    this.#parser.paused = true;
    this.#chunks = [];
    this.#start = 0;
    this.size = 0;
    this.dropped = 0;
  }
}
