/**
 * Characters that do something instead of being seen: control characters, which also steer terminals,
 * separators that some tools take for ends of lines, and what turns the direction of text.
 */
export const hiddenCharacters: RegExp =
  /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu;
