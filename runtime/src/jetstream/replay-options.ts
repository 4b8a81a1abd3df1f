import type { ErrorHandler } from "../commands/nats-command.js";
import type { From } from "./consumer.js";

/** Options of a replay. */
export interface ReplayOptions {
  /**
   * Start: the first message, new messages only, a sequence, a time, or the latest message of each
   * subject.
   */
  readonly from: From;
  /** The stream; default: the one that stores the subject. */
  readonly stream?: string;
  /** `true` to continue with new messages (default); `false` to end with the last existing one. */
  readonly live?: boolean;
  /**
   * Milliseconds between the server's signs of life; if two are missing, the replay checks the
   * server. Default 1,000.
   */
  readonly heartbeat?: number;
  /**
   * `true` to read by direct gets, which need a stream with `allowDirect` and nats-server 2.11;
   * `false` to read by a temporary consumer. A consumer is faster and has filters for several
   * channels. Direct gets leave nothing on the server, and need no permission to create consumers.
   * Default: direct gets if the user may not create the consumer.
   */
  readonly direct?: boolean;
  /** The JetStream domain, if it is not that of the server. */
  readonly domain?: string;
  /** Ends the replay when aborted; the loop throws the signal's reason. */
  readonly signal?: AbortSignal;
  /**
   * Called with DeserializeError for an unreadable payload, which is skipped, and with
   * MissingSequenceError if the stream does not have the sequence at which the replay starts or
   * continues. Default: the connection's `onError`.
   */
  readonly onError?: ErrorHandler;
}

/**
 * Messages of a replay, one after the other: `for await (const event of replay)`, or many at a time
 * with {@link batches}. Leaving the loop ends the replay.
 */
export interface Replay<M> extends AsyncIterableIterator<M>, AsyncDisposable {
  /**
   * Iterates over the messages that have arrived, many at a time: as soon as there is at least one.
   *
   * @param most Maximum number of messages of one batch; default 1,000.
   * @throws InvalidArgumentError if that is not an integer of at least 1.
   */
  batches(most?: number): AsyncIterableIterator<readonly M[]>;
  /** Ends the replay. */
  end(): void;
}
