import type { Gate } from "../waiting/bounded-queue.js";

/** What can stop and start. */
interface Reader {
  /** Stops, where it can. */
  pause(): void;
  /** Goes on. */
  resume(): void;
}

/** Stops the reading of a connection while somebody cannot take more messages, and counts what is lost. */
export class ReadingGate implements Gate {
  /** Received messages that were lost because a bounded queue was full. */
  missed = 0;

  readonly #reader: Reader;
  readonly #holders = new Set<object>();

  /** @param reader Reads. */
  constructor(reader: Reader) {
    this.#reader = reader;
  }

  /** Whether nothing is to be read. */
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
