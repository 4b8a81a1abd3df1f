/**
 * Encoders for the fields of a command: subjects and numbers. Hot: called for every published
 * message.
 */
import { copyBytes, writeUtf8 } from "../buffers/bytes.js";
import { checkSubject, invalidSubject, wildcardInPublish } from "./subject.js";

const CR = 0x0d;
const LF = 0x0a;
const SPACE = 0x20;
const DOT = 0x2e;
const STAR = 0x2a;
const GREATER = 0x3e;
const ZERO = 0x30;
const LARGEST_INT32 = 0x7fff_ffff;

/**
 * Writes a payload, preceded by its size and followed by a line end. @returns The position after
 * it.
 */
export function writeSized(target: Uint8Array, start: number, payload: Uint8Array): number {
  let at = writeNumber(target, start, payload.length);
  target[at] = CR;
  target[at + 1] = LF;
  at = copyBytes(target, at + 2, payload);
  target[at] = CR;
  target[at + 1] = LF;
  return at + 2;
}

/** Writes an integer in decimal digits. @returns The position after it. */
export function writeNumber(target: Uint8Array, at: number, value: number): number {
  if (value < 10) {
    target[at] = ZERO + value;
    return at + 1;
  }
  let end = at + 2;
  for (let limit = 100; value >= limit; limit *= 10) end++;
  let rest = value;
  let i = end - 1;
  // Division of 32-bit integers is much faster than of others; only tokens are ever larger.
  for (; rest > LARGEST_INT32; i--) {
    const next = Math.floor(rest / 10);
    target[i] = ZERO + (rest - next * 10);
    rest = next;
  }
  for (; i >= at; i--) {
    const next = (rest / 10) | 0;
    target[i] = ZERO + (rest - next * 10);
    rest = next;
  }
  return end;
}

/**
 * Checks a subject without wildcards and writes it with a trailing space, in one loop.
 *
 * @returns The position after it.
 */
export function writeSubject(target: Uint8Array, at: number, subject: string): number {
  const length = subject.length;
  let tokenStart = 0;
  for (let i = 0; i < length; i++) {
    const code = subject.charCodeAt(i);
    if (code <= SPACE || code > 0x7e) return writeUnusualSubject(target, at, subject);
    if (code === DOT) {
      if (i === tokenStart) throw invalidSubject(subject, "it has an empty token");
      tokenStart = i + 1;
    } else if ((code === STAR || code === GREATER) && i === tokenStart) {
      if (i + 1 === length || subject.charCodeAt(i + 1) === DOT) throw wildcardInPublish(subject);
    }
    target[at + i] = code;
  }
  if (tokenStart === length) return writeUnusualSubject(target, at, subject);
  target[at + length] = SPACE;
  return at + length + 1;
}

/**
 * Writes subjects beyond ASCII, and throws for invalid ones with the explanation of {@link
 * checkSubject}.
 */
function writeUnusualSubject(target: Uint8Array, at: number, subject: string): number {
  if (checkSubject(subject)) throw wildcardInPublish(subject);
  const end = at + writeUtf8(target, subject, at, subject.length * 3);
  target[end] = SPACE;
  return end + 1;
}
