import type { Gate } from "../waiting/bounded-queue.js";

/** Reader that can be paused. */
interface Reader {
  /** Stops reading, if it can. */
  pause(): void;
  /** Continues reading. */
  resume(): void;
}

/** Gate of a connection's reading: closed while a queue is full. Counts dropped messages. */
export class ReadingGate implements Gate {
  /** Number of received messages that were dropped because a bounded queue was full. */
  missed = 0;

  readonly #reader: Reader;
  readonly #holders = new Set<object>();

  /** @param reader Reads from the socket. */
  constructor(reader: Reader) {
    this.#reader = reader;
  }

  /** `true` while reading is paused. */
  get held(): boolean {
    return this.#holders.size > 0;
  }

  hold(holder: object): void {
    this.#holders.add(holder);
    this.#reader.pause();
  }

  release(holder: object): void {
    if (this.#holders.delete(holder) && !this.held) this.#reader.resume();
  }

  lost(): void {
    this.missed++;
  }
}
