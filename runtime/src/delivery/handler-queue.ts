import { afterTurn } from "#platform";
import { BoundedQueue, type Gate, type OnFull, type WhenFull } from "../waiting/bounded-queue.js";
import { type Deferred, deferred } from "../waiting/deferred.js";

/**
 * Runs handlers off the read loop, so many at a time and in the order in which their messages came: the
 * counterpart of AlterNats' `UseThreadPoolCallback`, with its order kept and its work bounded.
 */
export class HandlerQueue<M> {
  readonly #queue: BoundedQueue<M>;
  readonly #concurrency: number;
  readonly #handle: (message: M) => unknown;
  #running = 0;
  #scheduled = false;
  #ended = false;
  #whenIdle: Deferred | undefined;

  /**
   * @param concurrency Handlers that may run at the same time.
   * @param most Messages that may wait.
   * @param whenFull What happens to one more.
   * @param gate Stops and starts the reading.
   * @param handle The handler; what it throws or rejects with is dealt with inside.
   * @param onFull Told when the queue is full, once until it is half empty again.
   */
  constructor(
    concurrency: number,
    most: number,
    whenFull: WhenFull,
    gate: Gate,
    handle: (message: M) => unknown,
    onFull: OnFull,
  ) {
    this.#concurrency = concurrency;
    this.#handle = handle;
    this.#queue = new BoundedQueue(most, whenFull, gate, () => onFull(this.#queue));
  }

  /** A message arrived. */
  push(message: M): void {
    if (this.#ended) return;
    this.#queue.push(message);
    if (this.#scheduled || this.#running >= this.#concurrency) return;
    this.#scheduled = true;
    afterTurn(() => {
      this.#scheduled = false;
      this.#run();
    });
  }

  /** @returns Settles when nothing waits and nothing runs. */
  idle(): Promise<void> {
    if (this.#running === 0 && this.#queue.length === 0) return Promise.resolve();
    this.#whenIdle ??= deferred();
    return this.#whenIdle.promise;
  }

  /** The subscription has ended: no handler begins any more. */
  end(): void {
    this.#ended = true;
    this.#queue.clear();
    this.#whenIdle?.resolve();
  }

  #run(): void {
    while (this.#running < this.#concurrency) {
      const message = this.#queue.shift();
      if (message === undefined) {
        if (this.#running === 0) this.#whenIdle?.resolve();
        return;
      }
      const result = this.#handle(message);
      if (!(result instanceof Promise)) continue;
      this.#running++;
      void result.finally(() => {
        this.#running--;
        this.#run();
      });
    }
  }
}
