import { PendingLimitError } from "../errors.js";
import { copyBytes, encodeUtf8, utf8Length, writeUtf8 } from "./bytes.js";
import type { ChunkPool } from "./chunk-pool.js";
import type { NatsWriter } from "./nats-writer.js";

/** From this length on, one native call beats a loop over char codes. */
const NATIVE_TEXT_LENGTH = 24;

/** Bytes that end on a message boundary, ready for the socket. */
export interface FullChunk {
  /** The memory. */
  readonly memory: Uint8Array;
  /** How many bytes of it are used. */
  readonly length: number;
  /** How many published messages are in it. */
  readonly messages: number;
}

/** Where something lies in a chunk. */
interface Piece {
  /** Its first byte. */
  readonly start: number;
  /** One past its last byte. */
  readonly end: number;
}

/** A place to go back to. */
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
 * Where all commands are written: a row of chunks, each of which ends on a message boundary. A message
 * begins with {@link begin}, then bytes follow, and {@link rollback} undoes it; a message that does not
 * fit moves to the next chunk.
 *
 * Hot: written to for every message, so its fields are plain and a message that fits costs one
 * comparison.
 */
export class WriteBuffer implements NatsWriter {
  /** The current chunk. */
  buffer: Uint8Array;
  /** Where the next byte goes in the current chunk. */
  position = 0;
  /** Published messages in the current chunk. */
  messages = 0;
  /** Chunks that are full and not yet handed to the socket, oldest first. */
  readonly full: FullChunk[] = [];
  /** Set while a command is written that the limit must not stop, because state depends on it. */
  unlimited = false;
  /** Bytes in {@link full}. */
  fullBytes = 0;
  /** Bytes handed to the socket that it has not yet taken. */
  inFlightBytes = 0;
  /** Bytes of all chunks before the current one, since the beginning. */
  #before = 0;
  /** Published messages of all chunks before the current one, since the beginning. */
  #messagesBefore = 0;
  /** Where the message that is being written began. */
  #start = 0;
  /** Where its payload began, from {@link #start}. */
  #payload = 0;
  /** Up to where the current chunk may be filled. */
  #limit = 0;
  #held: Held | undefined;
  readonly #pool: ChunkPool;
  readonly #maxPendingBytes: number;
  readonly #onFull: () => void;

  /**
   * @param pool Where chunks come from.
   * @param maxPendingBytes Bytes that may wait at most, all chunks together.
   * @param onFull Called when a chunk became full; it may take {@link full} away at once.
   */
  constructor(pool: ChunkPool, maxPendingBytes: number, onFull: () => void) {
    this.#pool = pool;
    this.#maxPendingBytes = maxPendingBytes;
    this.#onFull = onFull;
    this.buffer = pool.take();
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

  /** Published messages that are not yet handed to the socket. */
  get waitingMessages(): number {
    let messages = this.messages;
    for (const chunk of this.full) messages += chunk.messages;
    return messages;
  }

  /** Bytes that wait: here, or in the socket. */
  get pendingBytes(): number {
    return this.position + this.fullBytes + this.inFlightBytes;
  }

  get length(): number {
    return this.position - this.#start - this.#payload;
  }

  /** Bytes of the message that is being written. */
  get begun(): number {
    return this.position - this.#start;
  }

  /** Begins a message. */
  begin(): void {
    this.#start = this.position;
  }

  /** Forgets the message that was begun. */
  rollback(): void {
    this.position = this.#start;
  }

  /** Notes that the payload of the message begins here; {@link length} counts from here. */
  beginPayload(): void {
    this.#payload = this.position - this.#start;
  }

  /** @returns Where a byte lies now that was `offset` bytes before the payload. */
  beforePayload(offset: number): number {
    return this.#start + this.#payload - offset;
  }

  reserve(size: number): number {
    if (this.position + size > this.#limit) this.#makeRoom(size);
    return this.position;
  }

  advance(size: number): void {
    const position = this.position + size;
    // Beyond the memory there is nothing, and before the payload there is what others wrote.
    if (!(position <= this.buffer.length && this.length + size >= 0 && Number.isInteger(size))) {
      throw new RangeError(`advance(${size}) leaves the room that reserve() made`);
    }
    this.position = position;
  }

  byte(value: number): void {
    this.reserve(1);
    this.buffer[this.position++] = value;
  }

  bytes(value: Uint8Array): void {
    if (!(value instanceof Uint8Array)) throw new TypeError("bytes() takes a Uint8Array");
    const at = this.reserve(value.length);
    this.position = copyBytes(this.buffer, at, value);
  }

  utf8(value: string): void {
    const length = value.length;
    if (length < NATIVE_TEXT_LENGTH && this.#ascii(value, length)) return;
    // A UTF-16 unit takes three bytes at most; counting exactly is worth it only where that is much.
    const size = length < 1024 ? length * 3 : utf8Length(value);
    const at = this.reserve(size);
    this.position = at + writeUtf8(this.buffer, value, at, size);
  }

  /**
   * Puts a comment in the place of a message that waits here: servers read `+OK` and what follows it up to
   * the end of the line, and do nothing.
   *
   * @param from Bytes written before the message, since the beginning.
   * @param to Bytes written up to and with it.
   */
  blank(from: number, to: number): void {
    let start = this.#before - this.fullBytes;
    for (const { memory, length } of this.full) {
      if (from >= start && to <= start + length) blank(memory, from - start, to - start);
      start += length;
    }
    if (from >= start && to <= this.written) blank(this.buffer, from - start, to - start);
  }

  /** Notes the place; until {@link commit} or {@link restore} nothing is handed over. */
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

  /** Keeps what was written since {@link hold}. */
  commit(): void {
    this.#held = undefined;
    if (this.full.length > 0) this.#onFull();
  }

  /** Forgets what was written since {@link hold}. */
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
   * Ends the current chunk at the last message boundary, so that it can be handed over.
   * To be called between messages only.
   */
  seal(): void {
    if (this.position === 0) return;
    this.#push(this.position);
    this.buffer = this.#pool.take();
    this.position = 0;
    this.#start = 0;
    this.#setLimit();
  }

  /** The current chunk was taken whole by the socket: the same memory is used again. */
  reuse(): void {
    this.#before += this.position;
    this.#messagesBefore += this.messages;
    this.buffer = this.#pool.exchange(this.buffer);
    this.position = 0;
    this.#start = 0;
    this.messages = 0;
    this.#setLimit();
  }

  /** Forgets all that waits. */
  clear(): void {
    for (const chunk of this.full) this.#pool.give(chunk.memory);
    this.full.length = 0;
    this.fullBytes = 0;
    this.reuse();
  }

  /**
   * Takes messages out of what waits. To be called between messages only.
   *
   * @param find Tells which messages of a chunk go, in order.
   * @param removed Called for each of them, the last one first, with the bytes that had been written up to
   *   and with it. What was written behind it is counted as if it had never been.
   */
  remove<M extends Piece>(
    find: (memory: Uint8Array, length: number) => readonly M[],
    removed: (message: M, position: number) => void,
  ): void {
    this.seal();
    let end = this.#before;
    for (let i = this.full.length - 1; i >= 0; i--) {
      const { memory, length, messages } = this.full[i]!;
      const begin = end - length;
      end = begin;
      const found = find(memory, length);
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
      // What was written as bytes of the protocol counts as no message.
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

  /** Bytes that the current chunk may hold within the limit of pending bytes. */
  #room(): number {
    return this.#maxPendingBytes - this.fullBytes - this.inFlightBytes;
  }

  /** Makes room for more of the message that is being written, if need be in another chunk. */
  #makeRoom(size: number): void {
    const written = this.position - this.#start;
    if (this.#start > 0 && this.position + size > this.buffer.length) this.#nextChunk(written);
    // Checked before memory is taken, which may be much.
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

  /** Ends the current chunk before the message that is being written, and moves that to another one. */
  #nextChunk(written: number): void {
    const old = this.buffer;
    const start = this.#start;
    this.#push(start);
    this.#start = 0;
    this.position = 0;
    if (this.#held === undefined) this.#onFull();
    // Where the socket took the old chunk at once, the pool gives the same memory back.
    const next = this.#pool.take(written);
    next.set(old.subarray(start, start + written));
    this.buffer = next;
    this.position = written;
    // The message may still be refused; the next one must not be measured by the old chunk.
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
