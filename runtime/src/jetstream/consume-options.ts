import type { DrainOptions, ErrorHandler } from "../commands/nats-command.js";
import type { NatsError } from "../errors.js";
import type { From } from "./consumer.js";

/** Options of a durable consumer. */
export interface ConsumeOptions {
  /**
   * Name under which the server stores the state of the consumer. All workers with the same name,
   * in any number of processes, share the messages.
   */
  readonly durable: string;
  /** The stream; default: the one that stores the subject. */
  readonly stream?: string;
  /** Start of a new consumer; default: the first message. */
  readonly from?: From;
  /**
   * Maximum number of handlers that run at the same time; default 1. They begin in the stream's
   * order.
   */
  readonly concurrency?: number;
  /**
   * Maximum number of messages that this worker holds, including those being processed; default
   * 512. A worker with a slow handler holds fewer: as many as it handles in a quarter of
   * {@link ackWait}, but at least two for each handler that runs at the same time.
   */
  readonly maxBuffered?: number;
  /**
   * Milliseconds without a sign of life after which the server gives a message to another worker;
   * default 30,000. A running worker sends signs of life for any duration of its handlers, unless
   * one of them computes that long without a pause.
   */
  readonly ackWait?: number;
  /**
   * Milliseconds until a message is delivered again after its handler failed: the first time, the
   * second and so on; the last number applies to all later ones. Default 100, 1,000, 5,000, 30,000.
   */
  readonly retryDelays?: readonly number[];
  /**
   * Maximum number of deliveries of a message before the worker gives it up; no limit by default.
   */
  readonly maxDeliveries?: number;
  /**
   * Milliseconds between the server's signs of life; if two are missing, the worker checks the
   * server. Default 1,000.
   */
  readonly heartbeat?: number;
  /**
   * `true` to use a consumer that somebody else has created, with its filter and its start; default
   * `false`. It needs no permission to create consumers.
   */
  readonly existing?: boolean;
  /** The JetStream domain, if it is not that of the server. */
  readonly domain?: string;
  /** Ends the worker when aborted, as {@link Worker.drain} does. */
  readonly signal?: AbortSignal;
  /**
   * Called with errors of the handler, with unreadable messages, with messages that were given up,
   * with the error that ended the worker, and with MissingSequenceError if the stream does not have
   * the sequence at which a new consumer starts. Default: the connection's `onError`.
   */
  readonly onError?: ErrorHandler;
}

/**
 * Handles a message. If it returns, or its promise is fulfilled, the message is acknowledged. If it
 * throws or rejects, the message is delivered again after a while. Its result is ignored.
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
   * Ends the worker: running handlers finish and are acknowledged, and waiting messages return to
   * the server immediately, for other workers. Further calls return the same promise.
   *
   * @param options `timeout`: time limit in milliseconds instead of the connection's
   * `drainTimeout`. After it the worker ends immediately, and its error handler gets a
   * TimeoutError.
   */
  drain(options?: DrainOptions): Promise<void>;
  /**
   * Resolves when the worker has ended; with the reason if the program did not end it. Never
   * rejects.
   */
  readonly closed: Promise<NatsError | undefined>;
}
