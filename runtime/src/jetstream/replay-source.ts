import type { RawMessage, Subscription } from "../commands/nats-command.js";
import type { PermissionViolationError } from "../errors.js";
import type { ConsumerInfo } from "./consumer.js";
import type { JetStreamError } from "./errors.js";
import type { Metadata } from "./stored.js";

/** Receiver of a {@link ReplaySource}. */
export interface SourceReceiver {
  /** A message, in order and without a gap. Borrowed. Never throws. */
  message(frame: RawMessage, delivery: Metadata): void;
  /**
   * Called when the server has had nothing to send for a while, and has checked everything up to a
   * sequence of the stream.
   */
  idle(sequence: number): void;
  /**
   * Called when a message was skipped, or the server or the consumer is gone. No further messages
   * arrive.
   */
  lost(): void;
  /** Called when no further messages arrive, and another source would not help. */
  failed(error: PermissionViolationError | JetStreamError): void;
}

/** Way to get the messages of a stream in order. */
export interface ReplaySource {
  /** `true` if it knows the sequence at which the server begins. */
  readonly isExact: boolean;
  /** Subscribes to the subject on which messages arrive. */
  listen(): Promise<Subscription>;
  /**
   * Starts to read.
   *
   * @param waiting Messages of an earlier source that are not taken yet.
   * @returns The server's description of the consumer, or the same about direct gets.
   */
  create(waiting: number): Promise<ConsumerInfo>;
  /** Counts taken messages. */
  take(count: number): void;
  /** @returns Sequence of the stream up to which everything has arrived, if nothing is missing until then. */
  findComplete(): Promise<number | undefined>;
  /** Ends immediately. */
  end(): void;
}
