import type { DrainOptions, ErrorHandler } from "../commands/nats-command.js";
import type { NatsError } from "../errors.js";
import type { From } from "./consumer.js";

/** Options of a durable consumer. */
export interface ConsumeOptions {
  /**
   * The name under which the server remembers what is done. All workers of one name, in however many
   * processes, share the messages.
   */
  readonly durable: string;
  /** The stream; the one that keeps the subject by default. */
  readonly stream?: string;
  /** Where a new durable begins; at the first message by default. */
  readonly from?: From;
  /** How many handlers may run at the same time; 1 by default. They begin in the stream's order. */
  readonly concurrency?: number;
  /** How many messages this worker takes ahead, those at work included; 512 by default. */
  readonly maxBuffered?: number;
  /**
   * Milliseconds after which the server gives a message to another worker when this one is not heard of;
   * 30,000 by default. A worker that lives is heard of, however long its handlers take.
   */
  readonly ackWait?: number;
  /**
   * Milliseconds until a message is delivered again after its handler failed: the first time, the second
   * and so on; the last number holds for all later ones. By default 100, 1,000, 5,000, 30,000.
   */
  readonly retryDelays?: readonly number[];
  /** How often a message may be delivered before it is given up; without end by default. */
  readonly maxDeliveries?: number;
  /** Milliseconds after which silence of the server means that something is wrong, twice over; 1,000 by default. */
  readonly heartbeat?: number;
  /** The JetStream domain, where it is not that of the server. */
  readonly domain?: string;
  /** Ends the worker when aborted, as {@link Worker.drain} does. */
  readonly signal?: AbortSignal;
  /**
   * Called for what a handler threw, what could not be read, what was given up, what ended the worker, and with
   * MissingSequenceError where the stream does not hold the sequence that a new durable is to begin at; without it
   * the connection's `onError` is.
   */
  readonly onError?: ErrorHandler;
}

/**
 * Handles a message. When it returns, or its promise is fulfilled, the message is acknowledged; when it throws
 * or rejects, the message is delivered again after a while. What else it returns is not looked at.
 */
export type ConsumeHandler<M extends { readonly message: unknown }> = (
  message: M["message"],
  delivered: M,
) => unknown;

/** A worker of a durable consumer. */
export interface Worker extends AsyncDisposable {
  /** The stream's name. */
  readonly stream: string;
  /** The consumer's name. */
  readonly durable: string;
  /**
   * Ends the worker: handlers that run come to their end and are acknowledged, what waits goes back to the
   * server at once, for others. Calling it again gives the same promise.
   *
   * @param options `timeout`: milliseconds that it may take, instead of the connection's `drainTimeout`. Then the
   *   worker ends as it is, and its error handler gets a TimeoutError.
   */
  drain(options?: DrainOptions): Promise<void>;
  /** Settles when the worker has ended; with the reason where that was not asked for. Never rejects. */
  readonly closed: Promise<NatsError | undefined>;
}
