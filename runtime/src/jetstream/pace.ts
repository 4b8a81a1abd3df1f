/** Factor by which more may be taken ahead after one measurement, which may be wrong. */
const GROWTH = 4;

/**
 * Number of messages that a worker requests in advance: as many as it handles within a certain
 * time, so that none waits longer. It starts with few, because the speed of the handler is unknown.
 * One message of each request is measured.
 */
export class Pace {
  readonly #least: number;
  readonly #most: number;
  readonly #wait: number;
  #ahead: number;
  /** `true` if the next message is to be measured. */
  #due = false;
  /** Number of held messages when the measured one arrived, including it. */
  #inHand = 1;

  /**
   * @param least Minimum number of messages in advance.
   * @param most Maximum number of messages in advance.
   * @param wait Milliseconds that a message may wait.
   */
  constructor(least: number, most: number, wait: number) {
    this.#least = Math.min(least, most);
    this.#most = most;
    this.#wait = wait;
    this.#ahead = this.#least;
  }

  /** Number of messages in advance, including held ones. */
  get ahead(): number {
    return this.#ahead;
  }

  /** Called when messages were requested. */
  asked(): void {
    this.#due = true;
  }

  /**
   * Called for each message. Hot.
   *
   * @param inHand Number of held messages, including this one.
   * @returns Its time of arrival for {@link done} if it is to be measured; 0 otherwise.
   */
  came(inHand: number): number {
    if (!this.#due) return 0;
    this.#due = false;
    this.#inHand = inHand;
    return performance.now();
  }

  /** Called when the measured message was handled. @param since Its time of arrival. */
  done(since: number): void {
    const each = (performance.now() - since) / this.#inHand;
    const inTime = Math.floor(this.#wait / Math.max(each, Number.EPSILON));
    const most = Math.min(this.#most, this.#ahead * GROWTH);
    this.#ahead = Math.max(this.#least, Math.min(most, inTime));
  }
}
