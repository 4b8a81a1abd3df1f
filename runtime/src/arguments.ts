import { InvalidArgumentError, reason } from "./errors.js";

/** Kind of value that an option accepts: its name in words for people, and its test. */
export interface Kind {
  readonly words: string;
  readonly is: (value: unknown) => boolean;
}

export const STRING: Kind = { words: "a string", is: (value) => typeof value === "string" };
export const BOOLEAN: Kind = { words: "a boolean", is: (value) => typeof value === "boolean" };
export const FUNCTION: Kind = { words: "a function", is: (value) => typeof value === "function" };
export const OBJECT: Kind = { words: "an object", is: (value) => typeof value === "object" };

/** @returns The value in a form for error messages. */
export function shown(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : reason(value);
}

/** @returns The type of a value that may be secret, without the value. */
export function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  return typeof value === "undefined" ? "undefined" : `a ${typeof value}`;
}

/**
 * Checks that options are an object: `request(key, value, 500)` is a frequent mistake. The error
 * does not show the value, which may be an address with a password.
 *
 * @param options The caller's argument.
 * @throws InvalidArgumentError if it is not an object.
 */
export function checkOptions(options: unknown): void {
  if (typeof options === "object" && options !== null && !Array.isArray(options)) return;
  throw new InvalidArgumentError(`The options must be an object, not ${typeOf(options)}.`);
}

/**
 * @param name The argument's name.
 * @param value The caller's argument.
 * @throws InvalidArgumentError if it is not a function.
 */
export function checkFunction(name: string, value: unknown): void {
  if (typeof value === "function") return;
  throw new InvalidArgumentError(`"${name}" must be a function, not ${shown(value)}.`);
}
