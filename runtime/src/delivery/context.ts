import type { ErrorHandler, NatsCommand } from "../commands/nats-command.js";
import type { NatsSerializer } from "../serialization/serializer.js";
import type { Gate } from "../waiting/bounded-queue.js";
import type { SlowConsumer } from "./slow-consumer.js";

/** Default number of messages that may wait for a handler or a loop. */
export const DEFAULT_MAX_BUFFERED = 65_536;

/** Parts of a connection that a typed subscription uses. */
export interface DeliveryContext {
  /** Sends the replies. */
  readonly nats: NatsCommand;
  /** The connection's serializer. */
  readonly serializer: NatsSerializer;
  /** Handles errors of subscriptions without an error handler. Never throws. */
  readonly report: ErrorHandler;
  /** Pauses and resumes reading. */
  readonly gate: Gate;
  /** Called when a bounded queue is full. */
  readonly slow: (event: SlowConsumer) => void;
  /** The connection's `concurrency`. */
  readonly concurrency: number;
}
