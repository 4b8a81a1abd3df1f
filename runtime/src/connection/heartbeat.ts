import { inBackground } from "#platform";

/**
 * Tests a connection from time to time by a PING. Only its own PINGs count as unanswered, and any PONG
 * shows that the server is there.
 */
export class Heartbeat {
  readonly #interval: number;
  readonly #maxPingOut: number;
  readonly #ping: (unanswered: number) => void;
  readonly #dead: (unanswered: number) => void;
  #timer: NodeJS.Timeout | undefined;
  #unanswered = 0;

  /**
   * @param interval Milliseconds between two PINGs; 0 for none.
   * @param maxPingOut How many may be unanswered.
   * @param ping Sends a PING; told how many are unanswered with it.
   * @param dead Told instead of sending one more.
   */
  constructor(
    interval: number,
    maxPingOut: number,
    ping: (unanswered: number) => void,
    dead: (unanswered: number) => void,
  ) {
    this.#interval = interval;
    this.#maxPingOut = maxPingOut;
    this.#ping = ping;
    this.#dead = dead;
  }

  /** A connection is open. */
  start(): void {
    this.#unanswered = 0;
    if (this.#interval === 0) return;
    this.#timer = inBackground(setInterval(() => this.#beat(), this.#interval));
  }

  /** The connection is gone. */
  stop(): void {
    clearInterval(this.#timer);
  }

  /** A PONG came; or none can be expected, since nobody reads. */
  alive(): void {
    this.#unanswered = 0;
  }

  #beat(): void {
    if (this.#unanswered >= this.#maxPingOut) {
      this.#dead(this.#unanswered);
      return;
    }
    this.#unanswered++;
    this.#ping(this.#unanswered);
  }
}
