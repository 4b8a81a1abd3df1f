/**
 * Checks four characters, a byte each, for one that must be escaped in a JSON string. All four are
 * checked together: subtracting from a byte borrows from its highest bit if the byte is too small.
 *
 * @param word Four bytes.
 * @returns Zero if none must be escaped; non-ASCII bytes need no escape.
 */
export function oddBytes(word: number): number {
  const quote = word ^ 0x22222222;
  const backslash = word ^ 0x5c5c5c5c;
  const control = (word - 0x20202020) & ~word;
  return (
    (control | ((quote - 0x01010101) & ~quote) | ((backslash - 0x01010101) & ~backslash)) &
    HIGH_BITS
  );
}

/** The highest bit of each of four bytes, which ASCII bytes do not have. */
export const HIGH_BITS: number = 0x80808080 | 0;

/** @returns `true` if a text has half of a surrogate pair, which UTF-8 cannot represent. */
export function isIllFormed(text: string): boolean {
  return loneSurrogate.test(text);
}

const loneSurrogate = /\p{Surrogate}/u;
