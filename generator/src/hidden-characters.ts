/**
 * Characters with an effect instead of a shape: control characters, which can control terminals,
 * separators that some tools treat as line ends, and characters that change the direction of text.
 *
 * @see Unicode, UAX #9, table 1, and UTS #55, "Unicode Source Code Handling"
 */
export const hiddenCharacters: RegExp =
  /[\p{Cc}\u061c\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu;

/** Writes hidden characters except line ends as escapes of JavaScript and JSON. */
export function escapeHidden(text: string): string {
  return text.replace(hiddenCharacters, (character) =>
    character === "\n" ? "\n" : `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
