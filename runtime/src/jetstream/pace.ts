/** Factor by which more may be taken ahead after one measurement, which may be wrong. */
const GROWTH = 4;

/**
 * Number of messages that a worker fetches ahead: as many as it handles in a certain time, so that none waits for longer.
 * Begins with few, since nothing is known of the handler. One message for each request for messages is measured.
 */
export class Pace {
  readonly #least: number;
  readonly #most: number;
  readonly #wait: number;
  #ahead: number;
  /** `true` if the next message is measured. */
  #due = false;
  /** Messages in hand when the measured one came, itself included. */
  #inHand = 1;

  /**
   * @param least Fewest messages to take ahead.
   * @param most Most messages to take ahead.
   * @param wait Milliseconds that a message may wait.
   */
  constructor(least: number, most: number, wait: number) {
    this.#least = Math.min(least, most);
    this.#most = most;
    this.#wait = wait;
    this.#ahead = this.#least;
  }

  /** Messages to take ahead, those in hand included. */
  get ahead(): number {
    return this.#ahead;
  }

  /** Messages were asked for. */
  asked(): void {
    this.#due = true;
  }

  /**
   * A message came.
   *
   * Hot: called for every message.
   *
   * @param inHand Messages in hand, this one included.
   * @returns The time if it is to be measured, which {@link done} takes; 0 otherwise.
   */
  came(inHand: number): number {
    if (!this.#due) return 0;
    this.#due = false;
    this.#inHand = inHand;
    return performance.now();
  }

  /** The measured message was handled. @param since Time at which it arrived. */
  done(since: number): void {
    const each = (performance.now() - since) / this.#inHand;
    const inTime = Math.floor(this.#wait / Math.max(each, Number.EPSILON));
    const most = Math.min(this.#most, this.#ahead * GROWTH);
    this.#ahead = Math.max(this.#least, Math.min(most, inTime));
  }
}
