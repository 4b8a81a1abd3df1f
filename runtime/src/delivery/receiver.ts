import type { NatsError } from "../errors.js";
import type { Frame } from "../protocol/frame.js";

/** What is done with the messages of a subscription. */
export interface Receiver {
  /** A message arrived. The frame is borrowed. Never throws. */
  receive(frame: Frame): void;
  /** @returns Settles when no message waits for its handler any more. */
  idle?(): Promise<void>;
  /** The subscription has ended: no handler may begin any more. @param failure Why, unless it was asked for. */
  ended?(failure: NatsError | undefined): void;
  /** Whether a loop takes the messages, which throws the failure. */
  readonly iterated?: boolean;
}
