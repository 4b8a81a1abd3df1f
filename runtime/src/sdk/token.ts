/**
 * Every value of a parameter. Only parameters with a default need it: leaving one of them out means the
 * default. A symbol, so that no input can forge it.
 */
export const ANY: unique symbol = Symbol("alternats/sdk ANY");

/** Turns the values of a parameter into one token of a subject and back. */
export interface Token<T> {
  /** What is allowed, for messages: `an integer`. */
  readonly expected: string;

  /** @returns The token's text; `undefined` for what is not allowed. */
  write(value: T): string | undefined;

  /** @returns The value; `undefined` where the text is none. */
  read(text: string): T | undefined;
}

/** A whole number, written in decimal. */
export const integer: Token<number> = {
  expected: "an integer",
  write(value) {
    return Number.isSafeInteger(value) ? String(value) : undefined;
  },
  read(text) {
    const value = Number(text);
    // Only what write() makes: "007", "1e3" and "0x1f" are other subjects than "7", "1000" and "31".
    return Number.isSafeInteger(value) && String(value) === text ? value : undefined;
  },
};

/**
 * One of some values.
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

/** What a string parameter may be, for messages. */
export const PLAIN_TOKEN =
  'a string that makes one token of a subject: not empty, without ".", "*", ">", white space and control characters';

/** White space, control characters and halves of surrogate pairs, which UTF-8 cannot carry. */
const UNWRITABLE = /[\s\p{Cc}\p{Cs}]/u;

/** Which ASCII characters a token may have, one byte for each. */
const ALLOWED = Uint8Array.from({ length: 0x80 }, (_, code) =>
  code > 0x20 && code < 0x7f && !".*>".includes(String.fromCharCode(code)) ? 1 : 0,
);

/** @returns Whether a text is one token of a subject that messages can be published to. */
export function isToken(text: string): boolean {
  const { length } = text;
  for (let i = 0; i < length; i++) {
    const allowed = ALLOWED[text.charCodeAt(i)];
    if (allowed === undefined) return !/[.*>]/.test(text) && !UNWRITABLE.test(text);
    if (allowed === 0) return false;
  }
  return length > 0;
}
