import { shown } from "../arguments.js";
import { InvalidArgumentError } from "../errors.js";

/** What happens to an item that finds a queue full. */
export type WhenFull = "dropNewest" | "dropOldest" | "pause";

const POLICIES: ReadonlySet<string> = new Set<WhenFull>(["dropNewest", "dropOldest", "pause"]);

/** Called when a queue is full, with the number of items that wait and the number dropped so far. */
export type OnFull = (queue: { readonly length: number; readonly dropped: number }) => void;

/** Who can be asked to send nothing more for now. */
export interface Gate {
  /** Sends nothing more until all who hold have let go. */
  hold(holder: object): void;
  /** Lets go; does nothing for who does not hold. */
  release(holder: object): void;
  /** Something that was sent is lost. */
  lost(): void;
}

/**
 * @param maxBuffered Items that may wait.
 * @param whenFull What happens to one more.
 * @throws InvalidArgumentError naming the option.
 */
export function checkBound(maxBuffered: number, whenFull: WhenFull): void {
  if (!Number.isSafeInteger(maxBuffered) || maxBuffered < 1) {
    throw new InvalidArgumentError(
      `"maxBuffered" is a whole number from 1 on, not ${shown(maxBuffered)}.`,
    );
  }
  if (!POLICIES.has(whenFull)) {
    throw new InvalidArgumentError(
      `"whenFull" is "dropNewest", "dropOldest" or "pause", not ${shown(whenFull)}.`,
    );
  }
}

/** Items that wait, up to a number of them. */
export class BoundedQueue<T> {
  /** Items lost because the queue was full. */
  dropped = 0;

  readonly #most: number;
  readonly #whenFull: WhenFull;
  readonly #gate: Gate;
  readonly #onFull: () => void;
  #items: (T | undefined)[] = [];
  /** Where the oldest item lies in {@link #items}. */
  #first = 0;
  #full = false;

  /**
   * @param most Items that may wait.
   * @param whenFull What happens to one more; with `pause` it is kept, and the gate is held.
   * @param gate Held while the queue is full, with `pause`; let go when it is half empty.
   * @param onFull Told when the queue is full, once until it is half empty again; with `pause` when the
   *   gate is held, else when an item was lost.
   */
  constructor(most: number, whenFull: WhenFull, gate: Gate, onFull: () => void) {
    checkBound(most, whenFull);
    this.#most = most;
    this.#whenFull = whenFull;
    this.#gate = gate;
    this.#onFull = onFull;
  }

  /** How many items wait. */
  get length(): number {
    return this.#items.length - this.#first;
  }

  /** Adds an item, or loses one. */
  push(item: T): void {
    if (this.length >= this.#most && !this.#makeRoom()) return;
    this.#items.push(item);
  }

  /** @returns The oldest item, which no longer waits; `undefined` when there is none. */
  shift(): T | undefined {
    if (this.length === 0) return undefined;
    const item = this.#items[this.#first];
    this.#forgetFirst();
    if (this.#full && this.length <= this.#most / 2) this.release();
    return item;
  }

  /** Forgets all items. */
  clear(): void {
    this.#items = [];
    this.#first = 0;
    this.release();
  }

  /** Lets the gate go, also when the queue is full: nothing more will come. */
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

  /** @returns Whether the item is to be added. */
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
