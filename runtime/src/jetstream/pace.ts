/** Largest growth of the number after one measurement, which may be wrong. */
const GROWTH = 4;

/**
 * Number of messages that a worker requests in advance: as many as it handles in a certain time, so that none waits
 * longer. It starts low, because the speed of the handler is unknown. One message of each request is measured.
 */
export class Pace {
  readonly #least: number;
  readonly #most: number;
  readonly #wait: number;
  #ahead: number;
  /** `true` if the next message is measured. */
  #due = false;
  /** Number of unhandled messages when the measured one arrived, itself included. */
  #inHand = 1;

  /**
   * @param least Smallest number of messages.
   * @param most Largest number of messages.
   * @param wait Milliseconds that a message may wait.
   */
  constructor(least: number, most: number, wait: number) {
    this.#least = Math.min(least, most);
    this.#most = most;
    this.#wait = wait;
    this.#ahead = this.#least;
  }

  /** Number of messages to have at the same time, including unhandled ones. */
  get ahead(): number {
    return this.#ahead;
  }

  /** Called when messages are requested. */
  asked(): void {
    this.#due = true;
  }

  /**
   * Called when a message arrives.
   *
   * Hot: called for every message.
   *
   * @param inHand Number of unhandled messages, this one included.
   * @returns The current time for {@link done} if the message is measured; 0 otherwise.
   */
  came(inHand: number): number {
    if (!this.#due) return 0;
    this.#due = false;
    this.#inHand = inHand;
    return performance.now();
  }

  /** Called when the measured message was handled. @param since Time of its arrival. */
  done(since: number): void {
    const each = (performance.now() - since) / this.#inHand;
    const inTime = Math.floor(this.#wait / Math.max(each, Number.EPSILON));
    const most = Math.min(this.#most, this.#ahead * GROWTH);
    this.#ahead = Math.max(this.#least, Math.min(most, inTime));
  }
}
