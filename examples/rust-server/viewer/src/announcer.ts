import { byId } from "./element.js";

const EVERY = 15_000; // milliseconds

/**
 * Tells who listens instead of looking. What happens is too much to be read out one by one: now and then it is
 * said how much there was.
 */
export class Announcer {
  readonly #counts = new Map<string, number>();

  constructor() {
    setInterval(() => this.#summarize(), EVERY);
  }

  /** Says something at once. */
  say(text: string): void {
    byId("announcer").textContent = text;
  }

  /** Something happened. @param what Its title, for example `Chat`. */
  count(what: string, times: number): void {
    if (times > 0) this.#counts.set(what, (this.#counts.get(what) ?? 0) + times);
  }

  #summarize(): void {
    if (this.#counts.size === 0) return;
    this.say(`New: ${[...this.#counts].map(([what, times]) => `${what} ${times}`).join(", ")}.`);
    this.#counts.clear();
  }
}
