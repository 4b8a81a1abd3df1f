import { PendingLimitError } from "../errors.js";
import { allocate, copyBytes, encodeUtf8, utf8Length, writeUtf8 } from "./bytes.js";
import type { ChunkPool } from "./chunk-pool.js";
import type { NatsWriter } from "./nats-writer.js";

const NOTHING = allocate(0);

/** Length from which one native call is faster than a loop over char codes. */
const NATIVE_TEXT_LENGTH = 24;

/** Bytes that end at a message boundary, ready for the socket. */
export interface FullChunk {
  /** The memory. */
  readonly memory: Uint8Array;
  /** Number of used bytes. */
  readonly length: number;
  /** Number of published messages. */
  readonly messages: number;
}

/** Range of bytes in a chunk. */
interface Piece {
  /** Position of its first byte. */
  readonly start: number;
  /** One past its last byte. */
  readonly end: number;
}

/** State for a rollback to a held position. */
interface Held {
  readonly buffer: Uint8Array;
  readonly position: number;
  readonly messages: number;
  readonly chunks: number;
  readonly fullBytes: number;
  readonly before: number;
  readonly messagesBefore: number;
}

/**
 * Buffer for all outgoing commands: a list of chunks, each of which ends at a message boundary.
 * {@link begin} starts a message, and {@link rollback} undoes it. A message that does not fit moves
 * to the next chunk.
 *
 * Hot: written to for every message, so its fields are plain, and a message that fits costs one
 * comparison.
 */
export class WriteBuffer implements NatsWriter {
  /** The current chunk. */
  buffer: Uint8Array;
  /** Position of the next byte in the current chunk. */
  position = 0;
  /** Published messages in the current chunk. */
  messages = 0;
  /** Chunks that are full and not yet passed to the socket, oldest first. */
  readonly full: FullChunk[] = [];
  /**
   * Set while the writer writes a command on which state depends; the limit does not apply to it.
   */
  unlimited = false;
  /** Bytes in {@link full}. */
  fullBytes = 0;
  /** Bytes passed to the socket that it has not sent yet. */
  inFlightBytes = 0;
  /** Bytes in all chunks before the current one, since the beginning. */
  #before = 0;
  /** Published messages in all chunks before the current one, since the beginning. */
  #messagesBefore = 0;
  /** Start of the current message. */
  #start = 0;
  /** Start of its payload, relative to {@link #start}. */
  #payload = 0;
  /** Position up to which the current chunk may be filled. */
  #limit = 0;
  #held: Held | undefined;
  readonly #pool: ChunkPool;
  readonly #maxPendingBytes: number;
  readonly #onFull: () => void;

  /**
   * @param pool Source of chunks.
   * @param maxPendingBytes Maximum number of pending bytes in all chunks together.
   * @param onFull Called when a chunk is full; may take {@link full} immediately.
   */
  constructor(pool: ChunkPool, maxPendingBytes: number, onFull: () => void) {
    this.#pool = pool;
    this.#maxPendingBytes = maxPendingBytes;
    this.#onFull = onFull;
    this.buffer = NOTHING;
    this.#setLimit();
  }

  /** Bytes written since the beginning. */
  get written(): number {
    return this.#before + this.position;
  }

  /** Published messages written since the beginning. */
  get writtenMessages(): number {
    return this.#messagesBefore + this.messages;
  }

  /** Published messages that were not passed to the socket yet. */
  get waitingMessages(): number {
    let messages = this.messages;
    for (const chunk of this.full) messages += chunk.messages;
    return messages;
  }

  /** Pending bytes, here or in the socket. */
  get pendingBytes(): number {
    return this.position + this.fullBytes + this.inFlightBytes;
  }

  get length(): number {
    return this.position - this.#start - this.#payload;
  }

  /** Bytes of the current message. */
  get begun(): number {
    return this.position - this.#start;
  }

  /** Begins a message. */
  begin(): void {
    this.#start = this.position;
  }

  /** Discards the current message. */
  rollback(): void {
    this.position = this.#start;
  }

  /** Marks the start of the payload; {@link length} counts from here. */
  beginPayload(): void {
    this.#payload = this.position - this.#start;
  }

  /** @returns The current position of the byte that was `offset` bytes before the payload. */
  beforePayload(offset: number): number {
    return this.#start + this.#payload - offset;
  }

  reserve(size: number): number {
    if (this.position + size > this.#limit) this.#makeRoom(size);
    return this.position;
  }

  advance(size: number): void {
    const position = this.position + size;
    // Beyond the end there is no memory, and before the payload are bytes of others.
    if (!(position <= this.buffer.length && this.length + size >= 0 && Number.isInteger(size))) {
      throw new RangeError(`advance(${size}) is outside of the space that reserve() provided`);
    }
    this.position = position;
  }

  byte(value: number): void {
    this.reserve(1);
    this.buffer[this.position++] = value;
  }

  bytes(value: Uint8Array): void {
    if (!(value instanceof Uint8Array)) throw new TypeError("bytes() requires a Uint8Array");
    const at = this.reserve(value.length);
    this.position = copyBytes(this.buffer, at, value);
  }

  utf8(value: string): void {
    const length = value.length;
    if (length < NATIVE_TEXT_LENGTH && this.#ascii(value, length)) return;
    // A UTF-16 unit takes three bytes at most; an exact count is worth its cost only for long
    // texts.
    const size = length < 1024 ? length * 3 : utf8Length(value);
    const at = this.reserve(size);
    this.position = at + writeUtf8(this.buffer, value, at, size);
  }

  /**
   * Replaces a message that is still pending with a comment: servers read `+OK` and the rest of the
   * line, and do nothing.
   *
   * @param from Bytes written before the message, since the beginning.
   * @param to Bytes written including the message.
   */
  blank(from: number, to: number): void {
    let start = this.#before - this.fullBytes;
    for (const { memory, length } of this.full) {
      if (from >= start && to <= start + length) blank(memory, from - start, to - start);
      start += length;
    }
    if (from >= start && to <= this.written) blank(this.buffer, from - start, to - start);
  }

  /** Marks a position; until {@link commit} or {@link restore} no data is passed to the socket. */
  hold(): void {
    const { buffer, position, messages, full, fullBytes } = this;
    this.#held = {
      buffer,
      position,
      messages,
      chunks: full.length,
      fullBytes,
      before: this.#before,
      messagesBefore: this.#messagesBefore,
    };
  }

  /** Keeps the data written since {@link hold}. */
  commit(): void {
    this.#held = undefined;
    if (this.full.length > 0) this.#onFull();
  }

  /** Discards the data written since {@link hold}. */
  restore(): void {
    const held = this.#held!;
    this.#held = undefined;
    const given = this.full.splice(held.chunks).map((chunk) => chunk.memory);
    if (held.position > 0 && this.buffer !== held.buffer) {
      given.push(this.buffer);
      this.buffer = held.buffer;
    }
    for (const memory of given) if (memory !== held.buffer) this.#pool.give(memory);
    this.position = held.position;
    this.messages = held.messages;
    this.fullBytes = held.fullBytes;
    this.#before = held.before;
    this.#messagesBefore = held.messagesBefore;
    this.#start = held.position;
    this.#setLimit();
  }

  /**
   * Ends the current chunk at the last message boundary, so that it can be sent. Call it only
   * between messages.
   */
  seal(): void {
    if (this.position === 0) return;
    this.#push(this.position);
    this.buffer = this.#pool.take();
    this.position = 0;
    this.#start = 0;
    this.#setLimit();
  }

  /** Reuses the memory of the current chunk after the socket has taken all of it. */
  reuse(): void {
    this.#before += this.position;
    this.#messagesBefore += this.messages;
    this.buffer = this.#pool.exchange(this.buffer);
    this.position = 0;
    this.#start = 0;
    this.messages = 0;
    this.#setLimit();
  }

  /** Discards all pending data. */
  clear(): void {
    for (const chunk of this.full) this.#pool.give(chunk.memory);
    this.full.length = 0;
    this.fullBytes = 0;
    this.reuse();
  }

  /** Discards all pending data and releases all memory. */
  release(): void {
    this.clear();
    this.#pool.clear();
    this.buffer = NOTHING;
    this.#setLimit();
  }

  /**
   * Removes pending messages. Call it only between messages.
   *
   * @param find Selects the messages of a chunk to remove, in order. Gets the number of bytes written before it.
   * @param removed Called for each of them, the last one first, with the number of bytes written up
   * to its end. Data after it is counted as if the message had never been written.
   */
  remove<M extends Piece>(
    find: (memory: Uint8Array, length: number, before: number) => readonly M[],
    removed: (message: M, position: number) => void,
  ): void {
    this.seal();
    let end = this.#before;
    for (let i = this.full.length - 1; i >= 0; i--) {
      const { memory, length, messages } = this.full[i]!;
      const begin = end - length;
      end = begin;
      const found = find(memory, length, begin);
      if (found.length === 0) continue;
      let left = length;
      for (let k = found.length - 1; k >= 0; k--) {
        const message = found[k]!;
        memory.copyWithin(message.start, message.end, left);
        left -= message.end - message.start;
        removed(message, begin + message.end);
      }
      this.#before -= length - left;
      this.fullBytes -= length - left;
      // Raw protocol bytes do not count as messages.
      const gone = Math.min(found.length, messages);
      this.#messagesBefore -= gone;
      this.full[i] = { memory, length: left, messages: messages - gone };
    }
    this.#setLimit();
  }

  #ascii(value: string, length: number): boolean {
    const at = this.reserve(length);
    const buffer = this.buffer;
    for (let i = 0; i < length; i++) {
      const code = value.charCodeAt(i);
      if (code > 0x7f) return false;
      buffer[at + i] = code;
    }
    this.position = at + length;
    return true;
  }

  #push(length: number): void {
    this.full.push({ memory: this.buffer, length, messages: this.messages });
    this.fullBytes += length;
    this.#before += length;
    this.#messagesBefore += this.messages;
    this.messages = 0;
  }

  #setLimit(): void {
    this.#limit = Math.min(this.buffer.length, this.#room());
  }

  /** Number of bytes that the current chunk may hold within the limit of pending bytes. */
  #room(): number {
    return this.#maxPendingBytes - this.fullBytes - this.inFlightBytes;
  }

  /** Reserves space for more of the current message, in another chunk if necessary. */
  #makeRoom(size: number): void {
    const written = this.position - this.#start;
    if (this.#start > 0 && this.position + size > this.buffer.length) this.#nextChunk(written);
    // Checked before memory is allocated, which may be a large amount.
    if (this.position + size > this.#room() && !this.unlimited) {
      throw new PendingLimitError(this.#maxPendingBytes);
    }
    if (this.position + size > this.buffer.length) {
      const old = this.buffer;
      this.buffer = this.#pool.take(Math.max(written + size, 2 * old.length));
      this.buffer.set(old.subarray(0, written));
      this.#pool.give(old);
    }
    this.#setLimit();
  }

  /** Ends the current chunk before the current message, and moves that message to another chunk. */
  #nextChunk(written: number): void {
    const old = this.buffer;
    const start = this.#start;
    this.#push(start);
    this.#start = 0;
    this.position = 0;
    if (this.#held === undefined) this.#onFull();
    // If the socket took the old chunk immediately, the pool returns the same memory.
    const next = this.#pool.take(written);
    next.set(old.subarray(start, start + written));
    this.buffer = next;
    this.position = written;
    // The message may still be rejected; the limit of the old chunk must not apply to the next
    // message.
    this.#setLimit();
  }
}

const COMMENT = encodeUtf8("+OK");
const CR_LF = encodeUtf8("\r\n");
const SPACE = 0x20;

function blank(memory: Uint8Array, start: number, end: number): void {
  memory.fill(SPACE, start, end);
  memory.set(COMMENT, start);
  memory.set(CR_LF, end - CR_LF.length);
}
