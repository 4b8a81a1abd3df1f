import { afterTurn } from "#platform";
import { ChunkPool } from "../buffers/chunk-pool.js";
import { type FullChunk, WriteBuffer } from "../buffers/write-buffer.js";
import { ProtocolWriter } from "../protocol/protocol-writer.js";
import { type WaitingMessage, waitingMessages } from "../protocol/waiting-messages.js";
import type { Transport } from "../transport/transport.js";
import { type Deferred, deferred } from "../waiting/deferred.js";

/** Bytes of a turn that are accepted without asking the publisher to wait. */
const TURN_BYTES = 64 * 1024;
/** Waiting bytes above which publishers wait until the socket has drained. */
const HIGH_WATER_MARK = 1024 * 1024;
/** Bytes handed to the socket at once. */
const LARGEST_WRITE = 1024 * 1024;

const ACCEPTED: Promise<void> = Promise.resolve();

/** What was handed to a transport that is now gone. */
export interface Handed {
  /** Bytes written since the beginning up to what had been handed over. */
  readonly position: number;
  /** Published messages handed over since the server last confirmed. */
  readonly inDoubt: number;
}

/**
 * Brings what is written to the socket: one batch for each turn of the event loop, or for each full
 * chunk. One write is outstanding at most; what else is full waits here, where a lost connection cannot
 * lose it.
 *
 * Hot: `wake` and `accepted` are called for every published message.
 */
export class WriteLoop {
  /** Where commands are written; call {@link wake} afterwards. */
  readonly writer: ProtocolWriter;
  /** Called at the end of a turn, before the batch goes out; may write. */
  beforeFlush: () => void = () => {};
  /** While the first connection is being made: what publishers wait for. */
  opening: Promise<void> | undefined;
  /** Published messages that a PONG has confirmed, of {@link writtenMessages}. */
  confirmedMessages = 0;

  readonly #pool: ChunkPool;
  readonly #buffer: WriteBuffer;
  readonly #onTurn = () => this.#turn();
  #transport: Transport | undefined;
  #inFlight: FullChunk[] = [];
  #scheduled = false;
  #turnStart = 0;
  /** Published messages, and bytes, that were given up. */
  #discarded = 0;
  #discardedBytes = 0;
  #waiting: Deferred | undefined;

  /**
   * @param maxPendingBytes Bytes that may wait at most.
   * @param chunkSize Bytes of a chunk.
   */
  constructor(maxPendingBytes: number, chunkSize?: number) {
    this.#pool = new ChunkPool(chunkSize);
    this.#buffer = new WriteBuffer(this.#pool, maxPendingBytes, () => this.#flushFull());
    this.writer = new ProtocolWriter(this.#buffer);
  }

  /** Bytes written since the beginning. */
  get written(): number {
    return this.#buffer.written;
  }

  /** Published messages written since the beginning. */
  get writtenMessages(): number {
    return this.#buffer.writtenMessages;
  }

  /** Published messages that are not yet handed to the socket. */
  get waitingMessages(): number {
    return this.#buffer.waitingMessages;
  }

  /** Published messages handed to sockets. */
  get handedMessages(): number {
    return this.#buffer.writtenMessages - this.#buffer.waitingMessages - this.#discarded;
  }

  /** Bytes handed to sockets. */
  get handedBytes(): number {
    const { written, position, fullBytes } = this.#buffer;
    return written - position - fullBytes - this.#discardedBytes;
  }

  /** Whether the server may not have all that was written. */
  get unconfirmed(): boolean {
    return this.#buffer.pendingBytes > 0 || this.writtenMessages > this.confirmedMessages;
  }

  /** Bytes that wait here or in the socket. */
  get pendingBytes(): number {
    return this.#buffer.pendingBytes;
  }

  /** Sees to it that what was just written goes out with this turn. */
  wake(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    afterTurn(this.#onTurn);
  }

  /** @returns When the publisher may go on. */
  accepted(): Promise<void> {
    if (this.opening !== undefined) return this.opening;
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
   * Takes messages out of what waits.
   *
   * @param least Bytes that a chunk has at least in which there may be any; others are not looked through.
   * @param unfit Tells which.
   * @param removed Called for each of them, the last one first, with the bytes that had been written up to
   *   and with it. What was written behind it is counted as if it had never been.
   */
  remove(
    least: number,
    unfit: (message: WaitingMessage) => boolean,
    removed: (message: WaitingMessage, position: number) => void,
  ): void {
    this.#buffer.remove(
      (memory, length) => (length < least ? [] : waitingMessages(memory, length).filter(unfit)),
      removed,
    );
  }

  /** Starts sending on a transport whose handshake is done. */
  attach(transport: Transport): void {
    this.#transport = transport;
    this.#flush();
    this.#settle();
  }

  /** The transport has taken all that it was given. */
  drained(): void {
    if (this.#inFlight.length === 0) return;
    this.#release();
    this.#flush();
    this.#settle();
  }

  /**
   * Hands nothing more to the transport, which goes on sending what it has.
   *
   * @returns Up to where it has been handed over: bytes, and published messages.
   */
  suspend(): { position: number; messages: number } {
    this.#transport = undefined;
    const { written, writtenMessages, waitingMessages, position, fullBytes } = this.#buffer;
    return {
      position: written - position - fullBytes,
      messages: writtenMessages - waitingMessages,
    };
  }

  /** Stops sending; what was not handed over stays for the next transport. */
  detach(): Handed {
    this.#transport = undefined;
    this.#inFlight = [];
    this.#buffer.inFlightBytes = 0;
    const handed = this.#buffer.writtenMessages - this.#buffer.waitingMessages;
    const inDoubt = Math.max(0, handed - this.confirmedMessages);
    this.confirmedMessages = Math.max(handed, this.confirmedMessages);
    this.#settle();
    return { position: this.#buffer.written - this.#buffer.pendingBytes, inDoubt };
  }

  /**
   * Keeps a message that waits here from being sent. It still counts as written.
   *
   * @param from Bytes written before it, since the beginning.
   * @param to Bytes written up to and with it.
   */
  withdraw(from: number, to: number): void {
    this.#buffer.blank(from, to);
  }

  /**
   * Gives up what waits.
   *
   * @param error What waiting publishers get.
   * @returns How many published messages were lost.
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

  #turn(): void {
    this.#scheduled = false;
    this.beforeFlush();
    this.#turnStart = this.#buffer.written;
    this.#flush();
    this.#settle();
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

  /** Hands over the chunks that are full, until the socket does not take one at once. */
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
