import { BoundedQueue, type Gate } from "./buffers/bounded-queue.js";
import { deferred } from "./commands/deferred.js";
import type { SubscriptionEntry } from "./connection/subscriptions.js";
import { DEFAULT_MAX_BUFFERED, slowHandler } from "./delivery.js";
import type { ErrorHandler, NatsMessage, NatsMessages, SubscribeOptions } from "./nats-command.js";

type Result<T> = IteratorResult<NatsMessage<T>, undefined>;

/** Messages between a connection that delivers them and a loop that takes them. */
export class MessageQueue<T> implements NatsMessages<T> {
  readonly #queue: BoundedQueue<NatsMessage<T>>;
  readonly #ready = deferred();
  /** Steps of the loop that came before their message. */
  readonly #waiting: { resolve(result: Result<T>): void; reject(reason: unknown): void }[] = [];
  #entry: SubscriptionEntry | undefined;
  #ended = false;
  #failure: unknown;

  /**
   * @param subject The subject, for messages to people.
   * @param options How much may wait, and what happens to more.
   * @param gate Stops and starts the reading.
   * @param report Told when messages begin to be dropped.
   */
  constructor(subject: string, options: SubscribeOptions<T>, gate: Gate, report: ErrorHandler) {
    const { maxBuffered = DEFAULT_MAX_BUFFERED, whenFull = "dropNewest" } = options;
    this.#queue = new BoundedQueue(maxBuffered, whenFull, gate, () =>
      report(slowHandler(subject, maxBuffered, this.dropped)),
    );
  }

  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  get dropped(): number {
    return this.#queue.dropped;
  }

  /**
   * The subscription is written.
   *
   * @param entry The subscription.
   * @param confirmed Settles when the server listens, or refused to.
   */
  start(entry: SubscriptionEntry, confirmed: Promise<unknown>): void {
    this.#entry = entry;
    confirmed.then(
      () => this.#ready.resolve(),
      (error: unknown) => this.end(error),
    );
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
    this.unsubscribe();
    this.#queue.clear();
    this.end(undefined);
    this.#failure = undefined;
    return { done: true, value: undefined };
  }

  async drain(): Promise<void> {
    await this.#entry?.drain();
  }

  unsubscribe(): void {
    this.#entry?.unsubscribe();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  /** The subscription has ended. @param failure Why, unless that was asked for. */
  end(failure: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#queue.release();
    if (failure === undefined) this.#ready.resolve();
    else this.#ready.reject(failure);
    const [first, ...others] = this.#waiting.splice(0);
    if (failure === undefined) first?.resolve({ done: true, value: undefined });
    else if (first === undefined) this.#failure = failure;
    else first.reject(failure);
    for (const waiting of others) waiting.resolve({ done: true, value: undefined });
  }
}
