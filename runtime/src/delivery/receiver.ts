import type { NatsError } from "../errors.js";
import type { Frame } from "../protocol/frame.js";

/** Receiver of a subscription's messages. */
export interface Receiver {
  /** Called for each message. The frame is borrowed. Never throws. */
  receive(frame: Frame): void;
  /** @returns Resolves when no message waits for its handler. */
  idle?(): Promise<void>;
  /**
   * Called when the subscription has ended: no further handler may begin. @param failure The
   * reason, unless the program ended it.
   */
  ended?(failure: NatsError | undefined): void;
  /** `true` if a loop takes the messages, which then throws the failure. */
  readonly iterated?: boolean;
}
