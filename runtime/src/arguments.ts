import { InvalidArgumentError, reason } from "./errors.js";

/** What a value has to be, in words for people, and the test of it. */
export interface Kind {
  readonly words: string;
  readonly is: (value: unknown) => boolean;
}

export const STRING: Kind = { words: "a string", is: (value) => typeof value === "string" };
export const BOOLEAN: Kind = { words: "a boolean", is: (value) => typeof value === "boolean" };
export const FUNCTION: Kind = { words: "a function", is: (value) => typeof value === "function" };
export const OBJECT: Kind = { words: "an object", is: (value) => typeof value === "object" };

/** @returns The value as a message may show it. */
export function shown(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : reason(value);
}

/** @returns What a value is, where the value itself may hold a secret. */
export function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  return typeof value === "undefined" ? "undefined" : `a ${typeof value}`;
}

/**
 * Options are often forgotten to be an object: `request(key, value, 500)`. What was given instead is not
 * shown: it may be an address with a password.
 *
 * @param options What was given.
 * @throws InvalidArgumentError when they are none.
 */
export function checkOptions(options: unknown): void {
  if (typeof options === "object" && options !== null && !Array.isArray(options)) return;
  throw new InvalidArgumentError(`The options are an object, not ${typeOf(options)}.`);
}

/**
 * @param name The argument's name.
 * @param value What was given.
 * @throws InvalidArgumentError when it is no function.
 */
export function checkFunction(name: string, value: unknown): void {
  if (typeof value === "function") return;
  throw new InvalidArgumentError(`"${name}" is a function, not ${shown(value)}.`);
}
