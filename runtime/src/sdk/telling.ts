import type { NatsHeaders } from "../protocol/headers.js";

/**
 * Tells the messages of one channel apart by what they hold.
 *
 * @param value The payload as it was read.
 * @returns The name of the message; `undefined` where the payload does not tell.
 */
export type Which<N extends string = string> = (
  value: unknown,
  headers: NatsHeaders | undefined,
) => N | undefined;

/** The properties that the schema of an object names. */
export interface Shape {
  /** Those that are always there. */
  readonly required?: readonly string[];
  /** Those that may be left out. */
  readonly optional?: readonly string[];
}

/** The types of JSON; an integer is a number as well. */
export type JsonType = "object" | "array" | "string" | "number" | "integer" | "boolean" | "null";

/** What tells the messages of one channel apart. */
export interface Telling<N extends string = string> {
  /** By a property, a header or a type that excludes the others. */
  readonly which?: Which<N>;
  /**
   * By the properties that there are, where nothing else helps. A message without a shape may be
   * anything.
   */
  readonly shapes?: { readonly [K in N]?: Shape };
}

/** By the value of a payload's property: `byProperty("kind", { shot: ["shot"], chat: ["say", "shout"] })`. */
export function byProperty<N extends string>(
  property: string,
  values: { readonly [K in N]: readonly unknown[] },
): Which<N> {
  const names = invert(values);
  return (value) => names.get(ownProperty(value, property));
}

/** By the type of a payload's property: `byPropertyType("value", { gauge: ["number"], label: ["string"] })`. */
export function byPropertyType<N extends string>(
  property: string,
  types: { readonly [K in N]: readonly JsonType[] },
): Which<N> {
  const names = invert(types);
  return (value) => nameOfType(names, ownProperty(value, property));
}

/** By the payload's own type: `byType({ unit: ["object"], count: ["integer", "null"] })`. */
export function byType<N extends string>(
  types: {
    readonly [K in N]: readonly JsonType[];
  },
): Which<N> {
  const names = invert(types);
  return (value) => nameOfType(names, value);
}

/** By a header's value: `byHeader("Kind", { shot: ["shot"], chat: ["chat"] })`. */
export function byHeader<N extends string>(
  header: string,
  values: { readonly [K in N]: readonly string[] },
): Which<N> {
  const names = invert<N>(values);
  return (_value, headers) => names.get(headers?.get(header));
}

/** @returns Whether an object has all that is required and nothing that the shape does not name. */
export function fits(shape: Shape, value: unknown): boolean {
  if (jsonType(value) !== "object") return false;
  const { required = [], optional = [] } = shape;
  const object = value as object;
  return (
    required.every((property) => Object.hasOwn(object, property)) &&
    Object.keys(object).every(
      (property) => required.includes(property) || optional.includes(property),
    )
  );
}

function invert<N extends string>(
  values: {
    readonly [K in N]: readonly unknown[];
  },
): Map<unknown, N> {
  const names = new Map<unknown, N>();
  for (const name of Object.keys(values) as N[]) {
    for (const value of values[name]) names.set(value, name);
  }
  return names;
}

function nameOfType<N>(names: Map<unknown, N>, value: unknown): N | undefined {
  const type = jsonType(value);
  return names.get(type) ?? (type === "integer" ? names.get("number") : undefined);
}

function jsonType(value: unknown): JsonType | undefined {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (Number.isInteger(value)) return "integer";
  // As which it travels.
  if (value instanceof Date) return "string";
  const type = typeof value;
  return type === "object" || type === "string" || type === "number" || type === "boolean"
    ? type
    : undefined;
}

function ownProperty(value: unknown, property: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, property)
    ? (value as { readonly [name: string]: unknown })[property]
    : undefined;
}
