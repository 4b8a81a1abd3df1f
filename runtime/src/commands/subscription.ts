import type { NatsError } from "../errors.js";
import type { DrainOptions } from "../waiting/deadline.js";
import type { NatsMessage } from "./message.js";

/** A live subscription. */
export interface Subscription extends AsyncDisposable {
  /** Subject of the subscription, as given. */
  readonly subject: string;
  /** Queue group, if there is one. */
  readonly queue: string | undefined;
  /**
   * Ends the subscription: no handler is called after this. Calling it again does nothing.
   *
   * @param max Ends it only after this number of messages since it was made, counted across reconnections.
   *   A later call may raise or lower the number.
   */
  unsubscribe(max?: number): void;
  /**
   * Ends the subscription gracefully: the server stops sending, messages under way are delivered, and handlers
   * with `concurrency` finish. Without a connection no message is under way.
   *
   * @param options `timeout`: milliseconds that it may take, instead of the connection's `drainTimeout`. Then the
   *   subscription ends as by {@link unsubscribe}, and its error handler gets a TimeoutError.
   * @returns Settles when the subscription has ended. Calling it again returns the same promise.
   */
  drain(options?: DrainOptions): Promise<void>;
  /**
   * Settles when the subscription has ended: with an error unless the program ended it, for example when the
   * server refused it. Never rejects.
   */
  readonly closed: Promise<NatsError | undefined>;
}

/** Answers one after the other: `for await (const answer of answers)`. Leaving the loop cancels the request. */
export interface NatsReplies<R> extends AsyncIterableIterator<NatsMessage<R>>, AsyncDisposable {
  /** Number of answers dropped because the buffer was full. */
  readonly dropped: number;
}

/** Messages one after the other: `for await (const message of messages)`. Leaving the loop unsubscribes. */
export interface NatsMessages<T> extends AsyncIterableIterator<NatsMessage<T>>, AsyncDisposable {
  /** Settles when the server has the subscription; rejects when it refused it. */
  readonly ready: Promise<void>;
  /** Number of messages dropped because the buffer was full. */
  readonly dropped: number;
  /**
   * Ends or limits the subscription, as {@link Subscription.unsubscribe}. Buffered messages are still delivered.
   *
   * @param max Number of messages after which it ends; at once without it.
   */
  unsubscribe(max?: number): void;
  /**
   * Ends the subscription gracefully, as {@link Subscription.drain}; the loop still gets the messages under way.
   *
   * @param options As there.
   * @returns Settles when it has ended. Rejects only with InvalidArgumentError.
   */
  drain(options?: DrainOptions): Promise<void>;
}
