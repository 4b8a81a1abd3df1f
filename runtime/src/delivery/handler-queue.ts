import { BoundedQueue, type Gate, type OnFull, type WhenFull } from "../waiting/bounded-queue.js";
import { type Deferred, deferred } from "../waiting/deferred.js";
import { TurnBudget } from "../waiting/turn-budget.js";

/**
 * Runs handlers outside of the read loop, a limited number at the same time and in the order of
 * their messages. The counterpart of AlterNats' `UseThreadPoolCallback`, but ordered and bounded.
 */
export class HandlerQueue<M> {
  readonly #queue: BoundedQueue<M>;
  readonly #concurrency: number;
  readonly #handle: (message: M) => unknown;
  readonly #budget = new TurnBudget();
  readonly #runScheduled = (): void => {
    this.#scheduled = false;
    this.#run();
  };
  #running = 0;
  #scheduled = false;
  #ended = false;
  #whenIdle: Deferred | undefined;

  /**
   * @param concurrency Maximum number of handlers that run at the same time.
   * @param most Maximum number of waiting messages.
   * @param whenFull Behaviour if the queue is full.
   * @param gate Pauses and resumes reading.
   * @param handle The handler, which handles its own errors.
   * @param onFull Called when the queue is full, at most once until it is half empty.
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

  /** Adds a message. */
  push(message: M): void {
    if (this.#ended) return;
    this.#queue.push(message);
    if (this.#running < this.#concurrency) this.#runLater();
  }

  /** @returns Resolves when no message waits and no handler runs. */
  idle(): Promise<void> {
    if (this.#running === 0 && this.#queue.length === 0) return Promise.resolve();
    this.#whenIdle ??= deferred();
    return this.#whenIdle.promise;
  }

  /** Ends the queue: no further handler begins. */
  end(): void {
    this.#ended = true;
    this.#queue.clear();
    this.#whenIdle?.resolve();
  }

  #run(): void {
    this.#budget.begin();
    while (this.#running < this.#concurrency) {
      if (this.#budget.spent) {
        this.#runLater();
        break;
      }
      const message = this.#queue.shift();
      if (message === undefined) {
        if (this.#running === 0) this.#whenIdle?.resolve();
        break;
      }
      const result = this.#handle(message);
      this.#budget.spend();
      if (!(result instanceof Promise)) continue;
      this.#running++;
      void result.finally(() => {
        this.#running--;
        this.#run();
      });
    }
    this.#budget.end();
  }

  #runLater(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#budget.next(this.#runScheduled);
  }
}
