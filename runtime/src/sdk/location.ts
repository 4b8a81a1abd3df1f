import { InvalidArgumentError } from "../errors.js";
import type { NatsHeaders } from "../protocol/headers.js";

/**
 * Place in a message, as AsyncAPI's runtime expressions write it: a header's name, or a JSON pointer
 * into the payload.
 *
 * @see https://www.asyncapi.com/docs/reference/specification/v3.0.0#runtimeExpression
 */
export type Location = `$message.${"header" | "payload"}#/${string}`;

/** A parsed {@link Location}. */
export interface MessagePlace {
  readonly isHeader: boolean;
  /** Names of properties on the way to the place; the name of a header. */
  readonly steps: readonly [string, ...string[]];
}

/**
 * Parses a location.
 *
 * @throws InvalidArgumentError
 */
export function parseLocation(location: Location): MessagePlace {
  const [part, pointer = ""] = location.split("#");
  const [first, ...others] = pointer
    .split("/")
    .slice(1)
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
  const isHeader = part === "$message.header";
  if (first === undefined || (isHeader && others.length > 0)) {
    throw new InvalidArgumentError(`"${location}" is not a place in a message.`);
  }
  return { isHeader, steps: [first, ...others] };
}

/** @returns The text at a place of a received message; `undefined` if there is none. */
export function textAt(
  { isHeader, steps }: MessagePlace,
  message: unknown,
  headers: NatsHeaders | undefined,
): string | undefined {
  const value = isHeader ? headers?.get(steps[0]) : steps.reduce(child, message);
  return typeof value === "string" || typeof value === "number" ? String(value) : undefined;
}

/**
 * Writes a text at a place of a value.
 *
 * @param text Creates the text from the old value.
 * @returns A copy; the value itself if nothing changes, or if the object at the place is missing.
 */
export function withText(
  value: unknown,
  [step, ...rest]: readonly [string, ...string[]],
  text: (old: unknown) => unknown,
): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const old = child(value, step);
  const [next, ...others] = rest;
  const put = next === undefined ? text(old) : withText(old, [next, ...others], text);
  return put === old ? value : { ...value, [step]: put };
}

function child(value: unknown, step: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return undefined;
  return (value as { readonly [step: string]: unknown })[step];
}
