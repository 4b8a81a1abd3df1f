import { inBackground } from "#schedule";

/** Periodic test of a connection by PING. Only its own PINGs count as unanswered; any PONG resets the count. */
export class Heartbeat {
  readonly #interval: number;
  readonly #maxPingOut: number;
  readonly #ping: (unanswered: number) => void;
  readonly #dead: (unanswered: number) => void;
  #timer: NodeJS.Timeout | undefined;
  #unanswered = 0;

  /**
   * @param interval Milliseconds between two PINGs; 0 for none.
   * @param maxPingOut Number of PINGs that may be unanswered.
   * @param ping Sends a PING; gets the number of unanswered PINGs including this one.
   * @param dead Called instead of a PING that would exceed `maxPingOut`.
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

  /** Starts with an open connection. */
  start(): void {
    this.#unanswered = 0;
    if (this.#interval === 0) return;
    this.#timer = inBackground(setInterval(() => this.#beat(), this.#interval));
  }

  /** Stops with the end of the connection. */
  stop(): void {
    clearInterval(this.#timer);
  }

  /** Resets the count: a PONG arrived, or reading is paused and none can arrive. */
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
