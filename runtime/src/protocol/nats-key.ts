import { encodeUtf8 } from "../buffers/bytes.js";
import { checkSubject } from "./subject.js";

/**
 * A subject that is checked and encoded once. Keep it in a constant and give it wherever a string goes:
 * publishing by key skips the check and the encoding of every message.
 *
 * ```ts
 * const chat = new NatsKey("game.eu-1.chat");
 * nats.post(chat, { text: "hello" });
 * ```
 */
export class NatsKey {
  /** The subject. */
  readonly subject: string;

  /** Whether the subject holds `*` or `>`: such a key is for subscribing only. */
  readonly wildcard: boolean;

  /**
   * The start of a publish command: `PUB <subject> `, as it stands on the wire.
   *
   * @internal
   */
  readonly publish: Uint8Array;

  /**
   * @param subject The subject; `*` stands for one token, `>` at the end for all that follow.
   * @throws InvalidSubjectError
   */
  constructor(subject: string) {
    this.wildcard = checkSubject(subject);
    this.subject = subject;
    this.publish = encodeUtf8(`PUB ${subject} `);
  }

  /** @returns The subject. */
  toString(): string {
    return this.subject;
  }
}
