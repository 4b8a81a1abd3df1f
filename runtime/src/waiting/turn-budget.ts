import { afterTurn } from "#schedule";

/** Messages that a turn may spend. */
const MOST_MESSAGES = 1_000;
/** Milliseconds that a turn may spend. */
const MOST_TIME = 20;
/** Largest number of messages between two checks of the clock. */
const LONGEST_STRIDE = 64;
/** Milliseconds between two checks after which the interval becomes shorter. */
const LONG_STRIDE = 1;

/**
 * Budget of messages and time for one turn of the event loop. All parts that handle messages share it, so timers, other
 * sockets and writes run between turns, however many messages arrive.
 *
 * Hot: {@link spend} is called for every message. It checks the clock every 64 messages, more often while handlers
 * are slow. It schedules the end of the turn only when half of the budget is spent: after 500 messages or 10 ms.
 */
export class TurnBudget {
  #messages = MOST_MESSAGES;
  #time = MOST_TIME;
  #stride = 1;
  #untilLook = 1;
  #looked = 0;
  /** The budget is renewed at the end of this turn. */
  #renewing = false;
  #waiting: (() => void)[] = [];

  /** `true` if the budget of this turn is spent. */
  get spent(): boolean {
    return this.#messages <= 0 || this.#time <= 0;
  }

  /** Starts the clock. */
  begin(): void {
    this.#looked = performance.now();
    this.#stride = 1;
    this.#untilLook = 1;
  }

  /** Spends one message, and the time since the last one. @returns {@link spent} */
  spend(): boolean {
    return --this.#untilLook <= 0 && this.#look();
  }

  /** Stops the clock. */
  end(): void {
    const sinceLook = this.#stride - this.#untilLook;
    if (sinceLook > 0) this.#charge(sinceLook);
  }

  /** Calls a function in the next turn with budget left. Functions run in the order of the calls. */
  next(callback: () => void): void {
    this.#waiting.push(callback);
    this.#renewLater();
  }

  #look(): boolean {
    const took = this.#charge(this.#stride);
    const next = took > LONG_STRIDE ? 1 : Math.min(2 * this.#stride, LONGEST_STRIDE);
    this.#stride = Math.max(1, Math.min(next, this.#messages));
    this.#untilLook = this.#stride;
    return this.spent;
  }

  /** @returns Milliseconds since the last look. */
  #charge(messages: number): number {
    const now = performance.now();
    const took = now - this.#looked;
    this.#looked = now;
    this.#messages -= messages;
    this.#time -= took;
    if (this.#messages < MOST_MESSAGES / 2 || this.#time < MOST_TIME / 2) this.#renewLater();
    return took;
  }

  #renewLater(): void {
    if (this.#renewing) return;
    this.#renewing = true;
    afterTurn(() => this.#renew());
  }

  #renew(): void {
    this.#renewing = false;
    this.#messages = MOST_MESSAGES;
    this.#time = MOST_TIME;
    const waiting = this.#waiting;
    this.#waiting = [];
    let called = 0;
    while (called < waiting.length && !this.spent) waiting[called++]!();
    if (called === waiting.length) return;
    // Before those that had their turn.
    this.#waiting.unshift(...waiting.slice(called));
    this.#renewLater();
  }
}

/** The budget of all connections of the process, for what they read and for the handlers of their workers. */
export const readingBudget = new TurnBudget();
