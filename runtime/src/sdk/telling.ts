import type { NatsHeaders } from "../protocol/headers.js";

/**
 * Tells the messages of one channel apart by what they hold.
 *
 * @param value The payload as it was read.
 * @returns The name of the message; `undefined` where the payload does not tell.
 */
export interface Which<N extends string = string> {
  (value: unknown, headers: NatsHeaders | undefined): N | undefined;
  /** What it looks at, where it has all values of the messages that it names. */
  readonly clue?: Clue;
}

/** What messages are told apart by. */
export interface Clue {
  /** In words for people, for example `property "kind"`. */
  readonly what: string;
  /** The names of the messages, by what is found there. */
  readonly names: ReadonlyMap<unknown, string>;
  /** @returns What a message has there; `undefined` for nothing. */
  find(value: unknown, headers: NatsHeaders | undefined): unknown;
}

/** What the schema of a payload says of it at first sight. */
export interface Shape {
  /** The types that it may have; an object where there are none. */
  readonly types?: readonly JsonType[];
  /** The properties of an object that are always there. */
  readonly required?: readonly string[];
  /** Those that may be left out. */
  readonly optional?: readonly string[];
  /** Whether an object may have others. */
  readonly open?: boolean;
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
  return by(`property ${JSON.stringify(property)}`, values, (value) =>
    ownProperty(value, property),
  );
}

/** By the type of a payload's property: `byPropertyType("value", { gauge: ["number"], label: ["string"] })`. */
export function byPropertyType<N extends string>(
  property: string,
  types: { readonly [K in N]: readonly JsonType[] },
): Which<N> {
  return by(`type of the property ${JSON.stringify(property)}`, withIntegers(types), (value) =>
    jsonType(ownProperty(value, property)),
  );
}

/** By the payload's own type: `byType({ unit: ["object"], count: ["integer", "null"] })`. */
export function byType<N extends string>(
  types: {
    readonly [K in N]: readonly JsonType[];
  },
): Which<N> {
  return by("type of the payload", withIntegers(types), jsonType);
}

/** By a header's value: `byHeader("Kind", { shot: ["shot"], chat: ["chat"] })`. */
export function byHeader<N extends string>(
  header: string,
  values: { readonly [K in N]: readonly string[] },
): Which<N> {
  return by(`header ${JSON.stringify(header)}`, values, (_value, headers) => headers?.get(header));
}

/** @returns Whether a value has one of the types, and an object all that is required and, unless it is open, nothing else. */
export function fits(shape: Shape, value: unknown): boolean {
  const { types = ["object"], required = [], optional = [], open = false } = shape;
  const type = jsonType(value);
  const isOfType = types.some((each) => each === type || (each === "number" && type === "integer"));
  if (!isOfType || type !== "object") return isOfType;
  const object = value as object;
  return (
    required.every((property) => Object.hasOwn(object, property)) &&
    (open ||
      Object.keys(object).every(
        (property) => required.includes(property) || optional.includes(property),
      ))
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

function by<N extends string>(
  what: string,
  values: { readonly [K in N]: readonly unknown[] },
  find: Clue["find"],
): Which<N> {
  const names = invert(values);
  return Object.assign(
    (value: unknown, headers: NatsHeaders | undefined) => names.get(find(value, headers)),
    { clue: { what, names, find } },
  );
}

/** What takes numbers takes integers, unless they are another's. */
function withIntegers<N extends string>(
  types: {
    readonly [K in N]: readonly JsonType[];
  },
): { readonly [K in N]: readonly JsonType[] } {
  const all = Object.entries<readonly JsonType[]>(types);
  if (all.some(([, list]) => list.includes("integer"))) return types;
  return Object.fromEntries(
    all.map(([name, list]) => [name, list.includes("number") ? [...list, "integer"] : list]),
  ) as { readonly [K in N]: readonly JsonType[] };
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
