import type {
  NatsMessage,
  NatsMessages,
  SubscribeOptions,
  Subscription,
} from "../commands/nats-command.js";
import { BoundedIterator } from "../waiting/bounded-iterator.js";
import type { Gate, OnFull } from "../waiting/bounded-queue.js";
import type { DrainOptions } from "../waiting/deadline.js";
import { deferred } from "../waiting/deferred.js";
import { DEFAULT_MAX_BUFFERED } from "./context.js";

/** The messages of a subscription, for a loop. */
export class MessageQueue<T> extends BoundedIterator<NatsMessage<T>> implements NatsMessages<T> {
  readonly #ready = deferred();
  #entry: Subscription | undefined;

  /**
   * @param options Maximum number of waiting messages, and the behaviour if the queue is full:
   * `dropNewest` by default.
   * @param gate Pauses and resumes reading.
   * @param onFull Called when the queue is full.
   */
  constructor(
    { maxBuffered = DEFAULT_MAX_BUFFERED, whenFull = "dropNewest" }: SubscribeOptions<T>,
    gate: Gate,
    onFull: OnFull,
  ) {
    super(maxBuffered, whenFull, gate, onFull);
  }

  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  /**
   * Called after the subscription was written.
   *
   * @param entry The subscription.
   * @param confirmed Settles when the server has registered or refused the subscription.
   */
  start(entry: Subscription, confirmed: Promise<unknown>): void {
    this.#entry = entry;
    confirmed.then(
      () => this.#ready.resolve(),
      (error: unknown) => this.end(error),
    );
  }

  async drain(options?: DrainOptions): Promise<void> {
    await this.#entry?.drain(options);
  }

  unsubscribe(max?: number): void {
    this.#entry?.unsubscribe(max);
  }

  override end(failure: unknown): void {
    if (failure === undefined) this.#ready.resolve();
    else this.#ready.reject(failure);
    super.end(failure);
  }

  protected override stop(): void {
    this.unsubscribe();
  }
}
