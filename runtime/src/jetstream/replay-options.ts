import type { ErrorHandler } from "../commands/nats-command.js";
import type { From } from "./consumer.js";

/** How to replay. */
export interface ReplayOptions {
  /**
   * Where to begin: at the first message, with those that come from now on, at a sequence, at a time, or
   * with the latest message of each subject.
   */
  readonly from: From;
  /** The stream; the one that keeps the subject by default. */
  readonly stream?: string;
  /** Whether to go on with what comes; `true` by default. Else it ends with the last message that there is. */
  readonly live?: boolean;
  /** Milliseconds after which silence of the server means that something is wrong, twice over; 1,000 by default. */
  readonly heartbeat?: number;
  /** The JetStream domain, where it is not that of the server. */
  readonly domain?: string;
  /** Ends the replay when aborted; the loop throws the signal's reason. */
  readonly signal?: AbortSignal;
  /**
   * Called with DeserializeError for a payload that cannot be read, which is passed over, and with
   * MissingSequenceError where the stream does not hold the sequence to begin at, or to go on at; without it the
   * connection's `onError` is.
   */
  readonly onError?: ErrorHandler;
}

/**
 * Messages one after the other: `for await (const event of replay)`, or many at a time by
 * {@link batches}. Leaving the loop ends the replay.
 */
export interface Replay<M> extends AsyncIterableIterator<M>, AsyncDisposable {
  /**
   * Iterates over what has come, many at a time: as soon as there is anything, and no more than asked for.
   *
   * @param most Messages of one batch; 1,000 by default.
   * @throws InvalidArgumentError when that is no whole number from 1 on.
   */
  batches(most?: number): AsyncIterableIterator<readonly M[]>;
  /** Ends the replay. */
  end(): void;
}
