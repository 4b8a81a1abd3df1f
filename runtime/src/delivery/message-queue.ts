import type { NatsMessage, NatsMessages, SubscribeOptions } from "../commands/nats-command.js";
import type { SubscriptionEntry } from "../connection/subscriptions.js";
import { BoundedIterator } from "../waiting/bounded-iterator.js";
import type { Gate } from "../waiting/bounded-queue.js";
import { deferred } from "../waiting/deferred.js";
import type { OnFull } from "./handler-queue.js";
import { DEFAULT_MAX_BUFFERED } from "./receivers.js";

/** The messages of a subscription, for a loop. */
export class MessageQueue<T> extends BoundedIterator<NatsMessage<T>> implements NatsMessages<T> {
  readonly #ready = deferred();
  #entry: SubscriptionEntry | undefined;

  /**
   * @param options How much may wait, and what happens to more: `dropNewest` by default.
   * @param gate Stops and starts the reading.
   * @param onFull Told when no more may wait.
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

  async drain(): Promise<void> {
    await this.#entry?.drain();
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
