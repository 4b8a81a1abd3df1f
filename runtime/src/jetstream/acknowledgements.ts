import { encodeUtf8 } from "../buffers/bytes.js";
import type { NatsCommand } from "../commands/nats-command.js";
import { NatsError, PermissionViolationError } from "../errors.js";
import type { NatsSerializer } from "../serialization/serializer.js";
import { nanoseconds } from "./api.js";

const DONE = encodeUtf8("+ACK");
const PROGRESS = encodeUtf8("+WPI");
const BACK = encodeUtf8("-NAK");

/** An answer of which nothing is wanted but that it came. */
const ignored: NatsSerializer<void> = { serialize() {}, deserialize() {} };

/**
 * What a worker tells the server of its messages, each by the reply subject that it came with. Nobody confirms them
 * but the first, by which a missing permission is found.
 *
 * @see ADR-15, JetStream subscribe workflow
 */
export class Acknowledgements {
  readonly #nats: NatsCommand;
  readonly #failed: (error: NatsError) => void;
  #first = true;

  /** @param failed Told of what could not be sent, and of a permission that is missing. */
  constructor(nats: NatsCommand, failed: (error: NatsError) => void) {
    this.#nats = nats;
    this.#failed = failed;
  }

  /** The message is done. */
  done(reply: string): void {
    this.#send(reply, DONE);
  }

  /** The message is at work, and takes longer. */
  progress(reply: string): void {
    this.#send(reply, PROGRESS);
  }

  /** The message is for somebody else, at once. */
  giveBack(reply: string): void {
    this.#send(reply, BACK);
  }

  /** The message is to come again. @param delay Milliseconds. */
  again(reply: string, delay: number): void {
    this.#send(reply, encodeUtf8(`-NAK ${JSON.stringify({ delay: nanoseconds(delay) })}`));
  }

  /** The message is not to come again. @param reason Short, for who watches the server. */
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
