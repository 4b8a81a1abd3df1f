import { encodeUtf8 } from "../buffers/bytes.js";
import type { NatsCommand } from "../commands/nats-command.js";
import { NatsError, PermissionViolationError } from "../errors.js";
import type { NatsSerializer } from "../serialization/serializer.js";
import { nanoseconds } from "./api.js";

const DONE = encodeUtf8("+ACK");
const PROGRESS = encodeUtf8("+WPI");
const BACK = encodeUtf8("-NAK");

/** Serializer for replies whose content does not matter. */
const ignored: NatsSerializer<void> = { serialize() {}, deserialize() {} };

/**
 * Acknowledgements of a worker, each sent to the reply subject of its message. The server does not
 * confirm them, except the first, which reveals a missing permission.
 *
 * @see ADR-15, JetStream subscribe workflow
 */
export class Acknowledgements {
  readonly #nats: NatsCommand;
  readonly #failed: (error: NatsError) => void;
  #first = true;

  /** @param failed Called with each sending error, and with a missing permission. */
  constructor(nats: NatsCommand, failed: (error: NatsError) => void) {
    this.#nats = nats;
    this.#failed = failed;
  }

  /** Acknowledges a message. */
  done(reply: string): void {
    this.#send(reply, DONE);
  }

  /** Extends the deadline of a message that is being processed. */
  progress(reply: string): void {
    this.#send(reply, PROGRESS);
  }

  /** Returns a message for immediate delivery to another worker. */
  giveBack(reply: string): void {
    this.#send(reply, BACK);
  }

  /** Requests another delivery of a message. @param delay Milliseconds. */
  again(reply: string, delay: number): void {
    this.#send(reply, encodeUtf8(`-NAK ${JSON.stringify({ delay: nanoseconds(delay) })}`));
  }

  /** Ends the delivery of a message. @param reason Short text for the server's monitoring. */
  never(reply: string, reason: string): void {
    this.#send(reply, encodeUtf8(`+TERM ${reason}`));
  }

  #send(reply: string, answer: Uint8Array): void {
    if (this.#first) {
      this.#first = false;
      this.#confirm(reply, answer);
      return;
    }
    try {
      this.#nats.post(reply, answer);
    } catch (error) {
      // The message is delivered again.
      if (error instanceof NatsError) this.#failed(error);
    }
  }

  #confirm(reply: string, answer: Uint8Array): void {
    this.#nats.request(reply, answer, { replySerializer: ignored }).catch((error: unknown) => {
      // In any other case the message is delivered again.
      if (error instanceof PermissionViolationError) this.#failed(error);
    });
  }
}
