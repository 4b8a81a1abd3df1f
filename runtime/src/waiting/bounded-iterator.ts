import { BoundedQueue, type Gate, type OnFull, type WhenFull } from "./bounded-queue.js";

type Result<T> = IteratorResult<T, undefined>;

/** Items between a connection that delivers them and a loop that takes them. */
export abstract class BoundedIterator<T> implements AsyncIterableIterator<T>, AsyncDisposable {
  readonly #queue: BoundedQueue<T>;
  /** Steps of the loop that came before their item. */
  readonly #waiting: { resolve(result: Result<T>): void; reject(reason: unknown): void }[] = [];
  #ended = false;
  #failure: unknown;

  /**
   * @param most Items that may wait.
   * @param whenFull What happens to one more.
   * @param gate Stops and starts the reading.
   * @param onFull Told when the queue is full, once until it is half empty again.
   */
  constructor(most: number, whenFull: WhenFull, gate: Gate, onFull: OnFull) {
    this.#queue = new BoundedQueue(most, whenFull, gate, () => onFull(this.#queue));
  }

  /** The loop was left: nothing more is wanted. */
  protected abstract stop(): void;

  /** Items lost because the queue was full. */
  get dropped(): number {
    return this.#queue.dropped;
  }

  /** An item arrived. */
  push(item: T): void {
    if (this.#ended) return;
    const taker = this.#waiting.shift();
    if (taker === undefined) this.#queue.push(item);
    else taker.resolve({ done: false, value: item });
  }

  next(): Promise<Result<T>> {
    const item = this.#queue.shift();
    if (item !== undefined) return Promise.resolve({ done: false, value: item });
    if (this.#failure !== undefined) {
      const failure = this.#failure;
      this.#failure = undefined;
      return Promise.reject(failure);
    }
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
    });
  }

  async return(): Promise<Result<T>> {
    this.stop();
    this.#queue.clear();
    this.end(undefined);
    this.#failure = undefined;
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  /** Nothing more comes; what waits is still delivered. @param failure Why, unless that was asked for. */
  end(failure: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#queue.release();
    const [first, ...others] = this.#waiting.splice(0);
    if (failure === undefined) first?.resolve({ done: true, value: undefined });
    else if (first === undefined) this.#failure = failure;
    else first.reject(failure);
    for (const waiting of others) waiting.resolve({ done: true, value: undefined });
  }
}
