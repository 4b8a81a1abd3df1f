/**
 * Characters with an effect instead of a shape: control characters, which can control terminals,
 * separators that some tools treat as line ends, and characters that change the direction of text.
 */
export const hiddenCharacters: RegExp =
  /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu;
