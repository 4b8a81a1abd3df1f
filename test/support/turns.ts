/**
 * Measures the turns of the event loop, from one `setImmediate` to the next, until the end of the scope: by the
 * processor's time, for a busy machine leaves a process aside for any time.
 */
export class Turns implements Disposable {
  /** Milliseconds of processor time of the longest turn so far. */
  longest = 0;
  /** The most that {@link count} was called in a turn. */
  most = 0;
  #counted = 0;
  #begun = processorTime();
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
    const now = processorTime();
    this.longest = Math.max(this.longest, now - this.#begun);
    this.most = Math.max(this.most, this.#counted);
    this.#begun = now;
    this.#counted = 0;
  }
}

function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
