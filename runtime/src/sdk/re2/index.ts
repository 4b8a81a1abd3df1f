import { RE2JS } from "re2js";

/** Check of texts against a pattern, with the method of a RegExp. */
export interface LinearRegExp {
  /** Checks if the pattern matches a part of the text, in time that grows with its length only. */
  test(text: string): boolean;
}

/**
 * Compiles a pattern for the validators of generated SDKs. They use it for patterns that may take
 * exponential time as regular expressions of JavaScript. Needs `re2js` (an optional peer
 * dependency).
 *
 * @param pattern A regular expression of RE2.
 * @throws RE2JSException for an invalid pattern.
 * @see https://github.com/google/re2/wiki/Syntax
 */
export function linearRegExp(pattern: string): LinearRegExp {
  return RE2JS.compile(pattern);
}
