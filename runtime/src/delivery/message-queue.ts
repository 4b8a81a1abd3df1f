import type {
  NatsMessage,
  NatsMessages,
  SubscribeOptions,
  Subscription,
} from "../commands/nats-command.js";
import { BoundedIterator } from "../waiting/bounded-iterator.js";
import type { Gate, OnFull } from "../waiting/bounded-queue.js";
import { deferred } from "../waiting/deferred.js";
import { DEFAULT_MAX_BUFFERED } from "./context.js";

/** The messages of a subscription, for a loop. */
export class MessageQueue<T> extends BoundedIterator<NatsMessage<T>> implements NatsMessages<T> {
  readonly #ready = deferred();
  #entry: Subscription | undefined;

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
  start(entry: Subscription, confirmed: Promise<unknown>): void {
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
