import { encodeUtf8 } from "../buffers/bytes.js";
import { checkSubject } from "./subject.js";

/**
 * A subject that is checked and encoded once. Keep it in a constant and pass it instead of a
 * string: publishing by key skips the check and the encoding of the subject for every message.
 *
 * ```ts
 * const chat = new NatsKey("game.eu-1.chat");
 * nats.post(chat, { text: "hello" });
 * ```
 */
export class NatsKey {
  /** The subject. */
  readonly subject: string;

  /** `true` if the subject has `*` or `>`. Such a key is only for subscribing. */
  readonly wildcard: boolean;

  /**
   * The start of a publish command as on the wire: `PUB <subject> `.
   *
   * @internal
   */
  readonly publish: Uint8Array;

  /**
   * @param subject The subject; `*` matches one token, `>` at the end matches all remaining tokens.
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
