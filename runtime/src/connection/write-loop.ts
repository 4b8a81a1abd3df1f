import { afterTurn } from "#platform";
import { ChunkPool } from "../buffers/chunk-pool.js";
import { type FullChunk, WriteBuffer } from "../buffers/write-buffer.js";
import { ProtocolWriter } from "../protocol/protocol-writer.js";
import { type WaitingMessage, waitingMessages } from "../protocol/waiting-messages.js";
import type { Transport } from "../transport/transport.js";
import { type Deferred, deferred } from "../waiting/deferred.js";
import type { EarlyPublishes } from "./early-publishes.js";

/** Bytes accepted in one turn without making publishers wait. */
const TURN_BYTES = 64 * 1024;
/** Waiting bytes from which on publishers wait for the socket to drain. */
const HIGH_WATER_MARK = 1024 * 1024;
/** Largest number of bytes handed to the socket at once. */
const LARGEST_WRITE = 1024 * 1024;

const ACCEPTED: Promise<void> = Promise.resolve();

/** Bytes and messages that were handed to a lost transport. */
export interface Handed {
  /** Bytes handed over since the beginning. */
  readonly position: number;
  /** Number of messages handed over that the server has not confirmed. */
  readonly inDoubt: number;
}

/**
 * Writes the buffer to the socket: one batch for each turn of the event loop, or for each full chunk. At most one
 * write is outstanding; other full chunks wait here, where a lost connection cannot lose them.
 *
 * Hot: `wake` and `accepted` are called for every published message.
 */
export class WriteLoop {
  /** Writes commands into the buffer; call {@link wake} afterwards. */
  readonly writer: ProtocolWriter;
  /** Called at the end of a turn, before the batch is sent; it may write. */
  beforeFlush: () => void = () => {};
  /** Publishes that wait for the first connection while it is made. */
  early: EarlyPublishes | undefined;
  /** Called at the end of a turn, after the batch is sent. */
  afterFlush: () => void = () => {};
  /** Number of messages that a PONG has confirmed, of {@link writtenMessages}. */
  confirmedMessages = 0;

  readonly #pool: ChunkPool;
  readonly #buffer: WriteBuffer;
  readonly #onTurn = () => this.#turn();
  #transport: Transport | undefined;
  #connected = false;
  #inFlight: FullChunk[] = [];
  #scheduled = false;
  #turnStart = 0;
  /** Number of messages, and bytes, that were discarded. */
  #discarded = 0;
  #discardedBytes = 0;
  #waiting: Deferred | undefined;

  /**
   * @param maxPendingBytes Largest number of bytes that may wait.
   * @param chunkSize Size of a chunk in bytes.
   */
  constructor(maxPendingBytes: number, chunkSize?: number) {
    this.#pool = new ChunkPool(chunkSize);
    this.#buffer = new WriteBuffer(this.#pool, maxPendingBytes, () => this.#flushFull());
    this.writer = new ProtocolWriter(this.#buffer);
  }

  /** `true` while there is a connection, also while it is suspended. */
  get connected(): boolean {
    return this.#connected;
  }

  /** Bytes written since the beginning. */
  get written(): number {
    return this.#buffer.written;
  }

  /** Number of published messages written since the beginning. */
  get writtenMessages(): number {
    return this.#buffer.writtenMessages;
  }

  /** Number of published messages that are not yet handed to the socket. */
  get waitingMessages(): number {
    return this.#buffer.waitingMessages;
  }

  /** Number of published messages handed to sockets. */
  get handedMessages(): number {
    return this.#buffer.writtenMessages - this.#buffer.waitingMessages - this.#discarded;
  }

  /** Bytes handed to sockets. */
  get handedBytes(): number {
    const { written, position, fullBytes } = this.#buffer;
    return written - position - fullBytes - this.#discardedBytes;
  }

  /** `true` if the server may not have everything that was written. */
  get unconfirmed(): boolean {
    return this.#buffer.pendingBytes > 0 || this.writtenMessages > this.confirmedMessages;
  }

  /** Bytes that wait here or in the socket. */
  get pendingBytes(): number {
    return this.#buffer.pendingBytes;
  }

  /** Schedules the write at the end of this turn. */
  wake(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    afterTurn(this.#onTurn);
  }

  /**
   * @param ends Bytes written up to the end of each message, for a batch.
   * @returns Settles when the publisher may continue.
   */
  accepted(ends?: readonly number[]): Promise<void> {
    if (this.early !== undefined) {
      return this.early.add(ends ?? [this.#buffer.written], ends !== undefined);
    }
    const buffer = this.#buffer;
    if (
      buffer.written - this.#turnStart < TURN_BYTES &&
      buffer.fullBytes + buffer.inFlightBytes < HIGH_WATER_MARK
    ) {
      return ACCEPTED;
    }
    this.#waiting ??= deferred();
    return this.#waiting.promise;
  }

  /**
   * Removes waiting messages.
   *
   * @param least Smallest size in bytes of a chunk that may hold such a message; smaller chunks are skipped.
   * @param unfit Returns `true` for messages to remove; gets the bytes written up to the end of each.
   * @param removed Called for each of them, the last one first, with the bytes written up to its end. Positions behind
   *   it shrink by its size.
   */
  remove(
    least: number,
    unfit: (message: WaitingMessage, position: number) => boolean,
    removed: (message: WaitingMessage, position: number) => void,
  ): void {
    this.#buffer.remove(
      (memory, length, before) =>
        length < least
          ? []
          : waitingMessages(memory, length).filter((one) => unfit(one, before + one.end)),
      removed,
    );
  }

  /** Starts sending on a transport after the handshake. */
  attach(transport: Transport): void {
    this.#transport = transport;
    this.#connected = true;
    this.wake();
    this.#flush();
    this.#settle();
  }

  /** Continues when the transport has taken everything. */
  drained(): void {
    if (this.#inFlight.length === 0) return;
    this.#release();
    this.#flush();
    this.#settle();
  }

  /**
   * Stops handing bytes to the transport, which still sends what it has.
   *
   * @returns Bytes and number of published messages handed over since the beginning.
   */
  suspend(): { position: number; messages: number } {
    this.#transport = undefined;
    const { written, writtenMessages, waitingMessages, position, fullBytes } = this.#buffer;
    return {
      position: written - position - fullBytes,
      messages: writtenMessages - waitingMessages,
    };
  }

  /** Stops sending; everything that was not handed over waits for the next transport. */
  detach(): Handed {
    this.#transport = undefined;
    this.#connected = false;
    this.#inFlight = [];
    this.#buffer.inFlightBytes = 0;
    const handed = this.#buffer.writtenMessages - this.#buffer.waitingMessages;
    const inDoubt = Math.max(0, handed - this.confirmedMessages);
    this.confirmedMessages = Math.max(handed, this.confirmedMessages);
    this.#settle();
    return { position: this.#buffer.written - this.#buffer.pendingBytes, inDoubt };
  }

  /**
   * Prevents a waiting message from being sent. It still counts as written.
   *
   * @param from Bytes written before it, since the beginning.
   * @param to Bytes written up to its end.
   */
  withdraw(from: number, to: number): void {
    this.#buffer.blank(from, to);
  }

  /**
   * Discards everything that waits.
   *
   * @param error The error for waiting publishers.
   * @returns Number of published messages that were discarded.
   */
  discard(error: Error): number {
    const lost = this.#buffer.waitingMessages;
    this.#discarded += lost;
    this.#discardedBytes += this.#buffer.position + this.#buffer.fullBytes;
    this.#buffer.clear();
    this.confirmedMessages = this.#buffer.writtenMessages;
    this.#waiting?.reject(error);
    this.#waiting = undefined;
    return lost;
  }

  /** Releases all memory at the end of the connection. */
  release(): void {
    this.#buffer.release();
  }

  #turn(): void {
    this.#scheduled = false;
    this.beforeFlush();
    this.#turnStart = this.#buffer.written;
    this.#flush();
    this.#settle();
    this.afterFlush();
  }

  #settle(): void {
    if (this.#waiting === undefined || this.#buffer.pendingBytes >= HIGH_WATER_MARK) return;
    this.#waiting.resolve();
    this.#waiting = undefined;
  }

  #flush(): void {
    this.#flushFull();
    const transport = this.#transport;
    const buffer = this.#buffer;
    if (!transport?.writable || this.#inFlight.length > 0 || buffer.position === 0) return;
    if (transport.write(buffer.buffer.subarray(0, buffer.position))) {
      buffer.reuse();
    } else {
      buffer.seal();
      this.#handOver(buffer.full.splice(0));
    }
  }

  /** Hands over full chunks until the socket does not take one at once. */
  #flushFull(): void {
    const transport = this.#transport;
    const { full } = this.#buffer;
    while (full.length > 0 && this.#inFlight.length === 0 && transport?.writable) {
      if (full.length === 1) this.#writeOne(transport, full.pop()!);
      else this.#writeSeveral(transport, full);
    }
  }

  #writeOne(transport: Transport, chunk: FullChunk): void {
    if (transport.write(chunk.memory.subarray(0, chunk.length))) {
      this.#buffer.fullBytes -= chunk.length;
      this.#pool.give(chunk.memory);
    } else {
      this.#handOver([chunk]);
    }
  }

  #writeSeveral(transport: Transport, full: FullChunk[]): void {
    let count = 0;
    for (let bytes = 0; count < full.length && bytes < LARGEST_WRITE; count++) {
      bytes += full[count]!.length;
    }
    const chunks = full.splice(0, count);
    const pieces = chunks.map((chunk) => chunk.memory.subarray(0, chunk.length));
    const taken = transport.writeAll(pieces);
    this.#handOver(chunks);
    if (taken) this.#release();
  }

  #handOver(chunks: FullChunk[]): void {
    this.#inFlight = chunks;
    let bytes = 0;
    for (const chunk of chunks) bytes += chunk.length;
    this.#buffer.fullBytes -= bytes;
    this.#buffer.inFlightBytes = bytes;
  }

  #release(): void {
    for (const chunk of this.#inFlight) this.#pool.give(chunk.memory);
    this.#inFlight = [];
    this.#buffer.inFlightBytes = 0;
  }
}
