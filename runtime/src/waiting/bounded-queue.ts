import { shown } from "../arguments.js";
import { InvalidArgumentError } from "../errors.js";
import { checkCount } from "./deadline.js";

/** Behaviour of a full queue for the next item. */
export type WhenFull = "dropNewest" | "dropOldest" | "pause";

const POLICIES: ReadonlySet<string> = new Set<WhenFull>(["dropNewest", "dropOldest", "pause"]);

/** Called when a queue is full, with the number of waiting items and the number dropped so far. */
export type OnFull = (queue: { readonly length: number; readonly dropped: number }) => void;

/** A source that can be paused. */
export interface Gate {
  /** Pauses the source until every holder has released it. */
  hold(holder: object): void;
  /** Releases the source; has no effect if the holder does not hold it. */
  release(holder: object): void;
  /** Counts a lost item. */
  lost(): void;
}

/**
 * @param maxBuffered Maximum number of waiting items.
 * @param whenFull Behaviour if the queue is full.
 * @throws InvalidArgumentError naming the option.
 */
export function checkBound(maxBuffered: number, whenFull: WhenFull): void {
  checkCount("maxBuffered", maxBuffered);
  if (!POLICIES.has(whenFull)) {
    throw new InvalidArgumentError(
      `"whenFull" must be "dropNewest", "dropOldest" or "pause", not ${shown(whenFull)}.`,
    );
  }
}

/** Queue with a maximum length. */
export class BoundedQueue<T> {
  /** Items lost because the queue was full. */
  dropped = 0;

  readonly #most: number;
  readonly #whenFull: WhenFull;
  readonly #gate: Gate;
  readonly #onFull: () => void;
  #items: (T | undefined)[] = [];
  /** Position of the oldest item in {@link #items}. */
  #first = 0;
  #full = false;

  /**
   * @param most Maximum number of waiting items.
   * @param whenFull Behaviour if the queue is full; `pause` adds the item and holds the gate.
   * @param gate Held while the queue is full, with `pause`; released when the queue is half empty.
   * @param onFull Called when the queue is full, at most once until it is half empty: with `pause`
   * when the gate is held, otherwise when an item was lost.
   */
  constructor(most: number, whenFull: WhenFull, gate: Gate, onFull: () => void) {
    checkBound(most, whenFull);
    this.#most = most;
    this.#whenFull = whenFull;
    this.#gate = gate;
    this.#onFull = onFull;
  }

  /** Number of waiting items. */
  get length(): number {
    return this.#items.length - this.#first;
  }

  /** Adds an item, or drops one. */
  push(item: T): void {
    if (this.length >= this.#most && !this.#makeRoom()) return;
    this.#items.push(item);
  }

  /** @returns The oldest item, which is removed; `undefined` if the queue is empty. */
  shift(): T | undefined {
    if (this.length === 0) return undefined;
    const item = this.#items[this.#first];
    this.#forgetFirst();
    if (this.#full && this.length <= this.#most / 2) this.release();
    return item;
  }

  /** Removes all items. */
  clear(): void {
    this.#items = [];
    this.#first = 0;
    this.release();
  }

  /** Releases the gate even if the queue is full, because no more items will come. */
  release(): void {
    this.#full = false;
    this.#gate.release(this);
  }

  #forgetFirst(): void {
    this.#items[this.#first++] = undefined;
    if (this.length === 0) {
      this.#items.length = 0;
    } else if (this.#first >= 1024 && this.#first > this.#items.length / 2) {
      this.#items = this.#items.slice(this.#first);
    } else {
      return;
    }
    this.#first = 0;
  }

  /** @returns `true` if the item is to be added. */
  #makeRoom(): boolean {
    const begins = !this.#full;
    this.#full = true;
    if (this.#whenFull === "pause") {
      this.#gate.hold(this);
      if (begins) this.#onFull();
      return true;
    }
    this.dropped++;
    this.#gate.lost();
    if (begins) this.#onFull();
    if (this.#whenFull === "dropOldest") this.#forgetFirst();
    return this.#whenFull === "dropOldest";
  }
}
