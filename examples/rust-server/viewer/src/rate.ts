/** Number of seconds that are kept and shown. */
export const SECONDS = 120;

/** Counts events in each of the last {@link SECONDS} seconds. */
export class Rate {
  readonly #counts = new Map<number, number>();

  /** @param time Time of the event. */
  add(time: Date): void {
    const second = Math.floor(time.getTime() / 1000);
    this.#counts.set(second, (this.#counts.get(second) ?? 0) + 1);
  }

  /**
   * The complete seconds, the latest last, with the number of events in each.
   *
   * @param now The current time.
   */
  series(now: Date): { readonly seconds: readonly number[]; readonly counts: readonly number[] } {
    const end = Math.floor(now.getTime() / 1000);
    for (const second of this.#counts.keys()) {
      if (second < end - SECONDS) this.#counts.delete(second);
    }
    const seconds = Array.from({ length: SECONDS }, (_, i) => end - SECONDS + i);
    return { seconds, counts: seconds.map((second) => this.#counts.get(second) ?? 0) };
  }
}

/** Mean of the last numbers. */
export function recentMean(counts: readonly number[], last = 5): number {
  const some = counts.slice(-last);
  return some.reduce((sum, count) => sum + count, 0) / Math.max(1, some.length);
}
