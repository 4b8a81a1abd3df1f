import type { Gate } from "./buffers/bounded-queue.js";
import { deferred } from "./commands/deferred.js";
import type { SubscriptionEntry } from "./connection/subscriptions.js";
import { slowHandler } from "./delivery.js";
import { MessageIterator } from "./message-iterator.js";
import type { ErrorHandler, NatsMessages, SubscribeOptions } from "./nats-command.js";

/** The messages of a subscription, for a loop. */
export class MessageQueue<T> extends MessageIterator<T> implements NatsMessages<T> {
  readonly #ready = deferred();
  #entry: SubscriptionEntry | undefined;

  /**
   * @param subject The subject, for messages to people.
   * @param options How much may wait, and what happens to more.
   * @param gate Stops and starts the reading.
   * @param report Told when messages begin to be dropped.
   */
  constructor(subject: string, options: SubscribeOptions<T>, gate: Gate, report: ErrorHandler) {
    super(options, gate, (dropped, most) => report(slowHandler(subject, most, dropped)));
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
