/**
 * Every value of a parameter. Only parameters with a default need it: leaving one of them out
 * selects the default. It is a symbol, so input cannot forge it.
 */
export const ANY: unique symbol = Symbol("alternats/sdk ANY");

/** Converts the values of a parameter to a token of a subject and back. */
export interface Token<T> {
  /** Description of the allowed values for error messages: `an integer`. */
  readonly expected: string;

  /** @returns The token's text; `undefined` for an invalid value. */
  write(value: T): string | undefined;

  /** @returns The value; `undefined` for an invalid text. */
  read(text: string): T | undefined;
}

/** An integer in decimal digits. */
export const integer: Token<number> = {
  expected: "an integer",
  write(value) {
    return Number.isSafeInteger(value) ? String(value) : undefined;
  },
  read(text) {
    const value = Number(text);
    // Only the form of write(): "007", "1e3" and "0x1f" are other subjects than "7", "1000" and
    // "31".
    return Number.isSafeInteger(value) && String(value) === text ? value : undefined;
  },
};

/**
 * A parameter with a list of values.
 *
 * ```ts
 * const region = values("eu", "us");
 * ```
 */
export function values<const V extends readonly (string | number | boolean)[]>(
  ...all: V
): Token<V[number]> {
  const byText = new Map<string, V[number]>(all.map((value) => [String(value), value]));
  return {
    expected: `one of ${all.map((value) => JSON.stringify(value)).join(", ")}`,
    write: (value) => (all.includes(value) ? String(value) : undefined),
    read: (text) => byText.get(text),
  };
}

/** Description of valid strings for error messages. */
export const PLAIN_TOKEN =
  'a string that makes one token of a subject: not empty, without ".", "*", ">", white space and control characters';

/** White space, control characters and halves of surrogate pairs, which UTF-8 cannot represent. */
const UNWRITABLE = /[\s\p{Cc}\p{Cs}]/u;

/** ASCII characters that are valid in a token, one byte for each. */
const ALLOWED = Uint8Array.from({ length: 0x80 }, (_, code) =>
  code > 0x20 && code < 0x7f && !".*>".includes(String.fromCharCode(code)) ? 1 : 0,
);

/** @returns `true` if a text is a token of a subject that messages can be published to. */
export function isToken(text: string): boolean {
  const { length } = text;
  for (let i = 0; i < length; i++) {
    const allowed = ALLOWED[text.charCodeAt(i)];
    if (allowed === undefined) return !/[.*>]/.test(text) && !UNWRITABLE.test(text);
    if (allowed === 0) return false;
  }
  return length > 0;
}
