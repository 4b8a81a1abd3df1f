/** Numbers that were sent and those that came, so that nothing is lost, doubled or moved unnoticed. */
export class Ledger {
  /** Number of sent ones: 0, 1, 2, … */
  sent = 0;
  /** Received ones, in the order of arrival. */
  readonly received: number[] = [];
  readonly #waiting: { count: number; resolve: () => void }[] = [];

  /** @returns The next number to send. */
  next(): number {
    return this.sent++;
  }

  /** A number came. */
  readonly receive = (number: number): void => {
    this.received.push(number);
    for (const { count, resolve } of this.#waiting) if (this.received.length >= count) resolve();
  };

  /** @returns Settles when so many came. */
  until(count: number): Promise<void> {
    return new Promise((resolve) => {
      if (this.received.length >= count) resolve();
      else this.#waiting.push({ count, resolve });
    });
  }

  /** Numbers that were sent and did not come. */
  get lost(): number[] {
    const came = new Set(this.received);
    return Array.from({ length: this.sent }, (_, i) => i).filter((i) => !came.has(i));
  }

  /** Numbers that came twice. */
  get doubled(): number[] {
    const came = new Set<number>();
    return this.received.filter((number) => came.size === came.add(number).size);
  }

  /** Numbers that came twice or after a larger one. */
  get disordered(): number[] {
    return this.received.filter((number, i) => i > 0 && number <= this.received[i - 1]!);
  }
}
