import type {
  NatsMessage,
  NatsMessages,
  SubscribeOptions,
  Subscription,
} from "../commands/nats-command.js";
import { BoundedIterator } from "../waiting/bounded-iterator.js";
import type { Gate, OnFull } from "../waiting/bounded-queue.js";
import { handle, pendingCall, type Reporter } from "../waiting/call.js";
import type { DrainOptions } from "../waiting/deadline.js";
import { DEFAULT_MAX_BUFFERED } from "./context.js";

/** The messages of a subscription, for a loop. */
export class MessageQueue<T> extends BoundedIterator<NatsMessage<T>> implements NatsMessages<T> {
  readonly #ready = pendingCall();
  #started = false;
  #entry: Subscription | undefined;

  /**
   * @param options Maximum number of waiting messages, and the behaviour if the queue is full:
   * `dropNewest` by default.
   * @param gate Pauses and resumes reading.
   * @param onFull Called when the queue is full.
   * @param reporter Gets a failure that nobody awaits.
   */
  constructor(
    { maxBuffered = DEFAULT_MAX_BUFFERED, whenFull = "dropNewest" }: SubscribeOptions<T>,
    gate: Gate,
    onFull: OnFull,
    reporter: Reporter,
  ) {
    super(maxBuffered, whenFull, gate, onFull, reporter);
    handle(this.#ready.call);
  }

  get ready(): Promise<void> {
    return this.#ready.call;
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
      () => this.#start(),
      (error: unknown) => this.end(error),
    );
  }

  drain(options?: DrainOptions): Promise<void> {
    return this.#entry?.drain(options) ?? Promise.resolve();
  }

  unsubscribe(max?: number): void {
    this.#entry?.unsubscribe(max);
  }

  override end(failure: unknown): void {
    if (failure === undefined) this.#start();
    if (!this.#started) {
      this.#started = true;
      this.failing.push(this.#ready.call);
      this.#ready.reject(failure);
    }
    super.end(failure);
  }

  #start(): void {
    this.#started = true;
    this.#ready.resolve();
  }

  protected override stop(): void {
    this.unsubscribe();
  }
}
