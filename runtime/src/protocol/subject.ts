import { utf8Length } from "../buffers/bytes.js";
import { InvalidSubjectError } from "../errors.js";

const DOT = 0x2e;
const STAR = 0x2a;
const GREATER = 0x3e;
const SPACE = 0x20;
const DELETE = 0x7f;

/**
 * Checks a subject by the rules of the protocol: not empty, no empty token, no white space or
 * control characters, `>` only as the last token.
 *
 * @param subject The subject; `*` and `>` are wildcards as whole tokens, and plain text within a
 * token.
 * @returns `true` if it has a wildcard.
 * @throws InvalidSubjectError
 * @see https://docs.nats.io/nats-concepts/subjects
 */
export function checkSubject(subject: string): boolean {
  if (typeof subject !== "string") throw notAKey(subject);
  const length = subject.length;
  if (length === 0) throw invalidSubject(subject, "it is empty");
  let wildcard = false;
  let tokenStart = 0;
  for (let i = 0; i < length; i++) {
    const code = subject.charCodeAt(i);
    if (code <= SPACE || code === DELETE) {
      throw invalidSubject(subject, "it contains white space or a control character");
    }
    if (code === DOT) {
      if (i === tokenStart) throw invalidSubject(subject, "it has an empty token");
      tokenStart = i + 1;
    } else if (i === tokenStart && (code === STAR || code === GREATER)) {
      const last = i + 1 === length;
      if (!last && subject.charCodeAt(i + 1) !== DOT) continue;
      if (code === GREATER && !last) {
        throw invalidSubject(subject, "only its last token can be `>`");
      }
      wildcard = true;
    }
  }
  if (tokenStart === length) throw invalidSubject(subject, "it has an empty token");
  return wildcard;
}

/** @returns The error for a value that is neither a string nor a key. */
export function notAKey(value: unknown): InvalidSubjectError {
  return new InvalidSubjectError(
    `A subject must be a string or a NatsKey, not ${value === null ? "null" : typeof value}.`,
  );
}

/** @returns The error for subjects that are too long for a server. */
export function lineTooLong(subject: string): InvalidSubjectError {
  return new InvalidSubjectError(
    `The subject "${subject.slice(0, 40)}…" is too long: servers accept about 4,000 bytes, including the reply subject or queue group.`,
  );
}

/**
 * Maximum number of bytes of a subject and a queue group or reply subject together, so that the
 * command fits into the longest line that servers accept.
 */
const LONGEST_SUBJECTS = 4_000;

/**
 * @param subjects All subjects of one command.
 * @throws InvalidSubjectError if they are too long for one line.
 */
export function checkLength(...subjects: readonly string[]): void {
  let bytes = 0;
  for (const subject of subjects) bytes += utf8Length(subject);
  if (bytes > LONGEST_SUBJECTS) throw lineTooLong(subjects[0]!);
}

/**
 * Checks the name of a queue group: not empty, no white space or control characters. The server
 * closes a connection that sends such a name, so it must never be written.
 *
 * @throws InvalidSubjectError
 */
export function checkQueue(queue: string): void {
  let bad = typeof queue !== "string" || queue.length === 0;
  for (let i = 0; !bad && i < queue.length; i++) {
    const code = queue.charCodeAt(i);
    bad = code <= SPACE || code === DELETE;
  }
  if (bad) {
    throw new InvalidSubjectError(
      `${JSON.stringify(queue)} is not a valid queue group ("queue"): it must be a non-empty string without white space or control characters.`,
    );
  }
}

/** @returns The error for an invalid subject. */
export function invalidSubject(subject: string, why: string): InvalidSubjectError {
  return new InvalidSubjectError(
    `${JSON.stringify(subject)} is not a subject: ${why}. A subject is tokens joined by ".", for example "game.eu-1.chat".`,
  );
}

/** @returns The error for publishing to a wildcard. */
export function wildcardInPublish(subject: string): InvalidSubjectError {
  return invalidSubject(
    subject,
    "a message is published to one subject, and wildcards are only for subscriptions",
  );
}
