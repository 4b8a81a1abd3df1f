/**
 * Tells whether one of four characters, a byte each, cannot stand for itself in a JSON string. All four
 * are looked at together: subtracting from each byte borrows from its highest bit where it is too small.
 *
 * @param word Four bytes.
 * @returns Zero when all of them can; bytes beyond ASCII can.
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

/** The highest bit of each of four bytes, which those of ASCII do not have. */
export const HIGH_BITS: number = 0x80808080 | 0;

/** @returns Whether a text has half a character in it, for which UTF-8 has no bytes. */
export function isIllFormed(text: string): boolean {
  return loneSurrogate.test(text);
}

const loneSurrogate = /\p{Surrogate}/u;
