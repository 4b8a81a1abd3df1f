/** Number of removed items after which their places are freed together. */
const COMPACT_AT = 512;

/** Queue without a bound. `Array.shift()` is slow if many items wait. */
export class Fifo<T extends object> {
  #items: (T | undefined)[] = [];
  /** Position of the oldest item in {@link #items}. */
  #first = 0;

  /** Number of waiting items. */
  get length(): number {
    return this.#items.length - this.#first;
  }

  /** Adds an item. */
  push(item: T): void {
    this.#items.push(item);
  }

  /** @returns The oldest item, which is removed; `undefined` if the queue is empty. */
  shift(): T | undefined {
    if (this.#first === this.#items.length) return undefined;
    const item = this.#items[this.#first];
    this.#items[this.#first++] = undefined;
    if (this.#first === COMPACT_AT) {
      this.#items = this.#items.slice(COMPACT_AT);
      this.#first = 0;
    }
    return item;
  }

  /** Iterates over the items, the oldest first, without removing them. */
  *[Symbol.iterator](): Generator<T, void> {
    for (let i = this.#first; i < this.#items.length; i++) yield this.#items[i]!;
  }

  /** Removes all items. */
  clear(): void {
    this.#items = [];
    this.#first = 0;
  }
}
