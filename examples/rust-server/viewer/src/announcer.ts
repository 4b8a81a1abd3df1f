import { byId } from "./element.js";

const EVERY = 15_000; // milliseconds

/**
 * Announces events for screen readers. There are too many to read out each of them, so it reads out
 * their number from time to time.
 */
export class Announcer {
  readonly #counts = new Map<string, number>();

  constructor() {
    setInterval(() => this.#summarize(), EVERY);
  }

  /** Announces a text immediately. */
  say(text: string): void {
    byId("announcer").textContent = text;
  }

  /** Counts an event. @param what Its title, for example `Chat`. */
  count(what: string, times: number): void {
    if (times > 0) this.#counts.set(what, (this.#counts.get(what) ?? 0) + times);
  }

  #summarize(): void {
    if (this.#counts.size === 0) return;
    this.say(`New: ${[...this.#counts].map(([what, times]) => `${what} ${times}`).join(", ")}.`);
    this.#counts.clear();
  }
}
