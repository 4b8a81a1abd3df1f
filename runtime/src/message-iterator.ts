import { BoundedQueue, type Gate, type WhenFull } from "./buffers/bounded-queue.js";
import type { NatsMessage } from "./nats-command.js";

type Result<T> = IteratorResult<NatsMessage<T>, undefined>;

/** Messages that may wait for a handler or a loop where nothing else is said. */
export const DEFAULT_MAX_BUFFERED = 65_536;

/** How many messages may wait for a loop, and what happens to more. */
export interface IteratorOptions {
  readonly maxBuffered?: number;
  readonly whenFull?: WhenFull;
}

/** Messages between a connection that delivers them and a loop that takes them. */
export abstract class MessageIterator<T>
  implements AsyncIterableIterator<NatsMessage<T>>, AsyncDisposable
{
  readonly #queue: BoundedQueue<NatsMessage<T>>;
  /** Steps of the loop that came before their message. */
  readonly #waiting: { resolve(result: Result<T>): void; reject(reason: unknown): void }[] = [];
  #ended = false;
  #failure: unknown;

  /**
   * @param options How much may wait, and what happens to more: `dropNewest` by default.
   * @param gate Stops and starts the reading.
   * @param onDrop Told when messages begin to be dropped.
   */
  constructor(
    { maxBuffered = DEFAULT_MAX_BUFFERED, whenFull = "dropNewest" }: IteratorOptions,
    gate: Gate,
    onDrop: (dropped: number, maxBuffered: number) => void,
  ) {
    this.#queue = new BoundedQueue(maxBuffered, whenFull, gate, () =>
      onDrop(this.dropped, maxBuffered),
    );
  }

  /** The loop was left: nothing more is wanted. */
  protected abstract stop(): void;

  get dropped(): number {
    return this.#queue.dropped;
  }

  /** A message arrived. */
  push(message: NatsMessage<T>): void {
    if (this.#ended) return;
    const taker = this.#waiting.shift();
    if (taker === undefined) this.#queue.push(message);
    else taker.resolve({ done: false, value: message });
  }

  next(): Promise<Result<T>> {
    const message = this.#queue.shift();
    if (message !== undefined) return Promise.resolve({ done: false, value: message });
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
