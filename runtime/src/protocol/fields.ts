/** How the fields of a command are written: subjects and numbers. Hot: called for every published message. */
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

/** Writes a payload with its size before it and the line ends. @returns Where the next byte goes. */
export function writeSized(target: Uint8Array, start: number, payload: Uint8Array): number {
  let at = writeNumber(target, start, payload.length);
  target[at] = CR;
  target[at + 1] = LF;
  at = copyBytes(target, at + 2, payload);
  target[at] = CR;
  target[at + 1] = LF;
  return at + 2;
}

/** Writes a whole number in decimal digits. @returns Where the next byte goes. */
export function writeNumber(target: Uint8Array, at: number, value: number): number {
  if (value < 10) {
    target[at] = ZERO + value;
    return at + 1;
  }
  let end = at + 2;
  for (let limit = 100; value >= limit; limit *= 10) end++;
  let rest = value;
  let i = end - 1;
  // Whole numbers of 32 bits are divided much faster than others; only tokens are ever larger.
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
 * Checks a subject without wildcards and writes it with a space behind it, in one loop.
 *
 * @returns Where the next byte goes.
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

/** Subjects beyond ASCII, and those that {@link checkSubject} explains what is wrong with. */
function writeUnusualSubject(target: Uint8Array, at: number, subject: string): number {
  if (checkSubject(subject)) throw wildcardInPublish(subject);
  const end = at + writeUtf8(target, subject, at, subject.length * 3);
  target[end] = SPACE;
  return end + 1;
}
