/** Measures the turns of the event loop, from one `setImmediate` to the next. Until the end of the scope. */
export class Turns implements Disposable {
  /** Milliseconds of the longest turn so far. */
  longest = 0;
  /** The most that {@link count} was called in a turn. */
  most = 0;
  #counted = 0;
  #begun = performance.now();
  #next = setImmediate(() => this.#turn());

  /** Counts something that happens in this turn. */
  readonly count = (): void => {
    this.#counted++;
  };

  [Symbol.dispose](): void {
    clearImmediate(this.#next);
    this.#turned();
  }

  #turn(): void {
    this.#turned();
    this.#next = setImmediate(() => this.#turn());
  }

  #turned(): void {
    const now = performance.now();
    this.longest = Math.max(this.longest, now - this.#begun);
    this.most = Math.max(this.most, this.#counted);
    this.#begun = now;
    this.#counted = 0;
  }
}
