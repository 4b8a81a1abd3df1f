import type { NatsHeaders } from "../protocol/headers.js";

/**
 * Identifies a message of a channel by its payload.
 *
 * @param value The payload.
 * @returns The name of the message; `undefined` if the payload does not identify it.
 */
export interface Which<N extends string = string> {
  (value: unknown, headers: NatsHeaders | undefined): N | undefined;
  /** The distinguishing place, if it has all values of the named messages. */
  readonly place?: DiscriminatorPlace;
}

/** Distinguishing place of messages. */
export interface DiscriminatorPlace {
  /** Description for people, for example `property "kind"`. */
  readonly what: string;
  /** Names of the messages, by their values at this place. */
  readonly names: ReadonlyMap<unknown, string>;
  /** @returns The value of a message at this place; `undefined` for none. */
  find(value: unknown, headers: NatsHeaders | undefined): unknown;
}

/** Outline of a payload's schema. */
export interface Shape {
  /** Allowed types; by default an object. */
  readonly types?: readonly JsonType[];
  /** Required properties of an object. */
  readonly required?: readonly string[];
  /** Optional properties of an object. */
  readonly optional?: readonly string[];
  /** `true` if an object may have other properties. */
  readonly open?: boolean;
}

/** The types of JSON; an integer is a number as well. */
export type JsonType = "object" | "array" | "string" | "number" | "integer" | "boolean" | "null";

/** Discriminator of a channel's messages. */
export interface Discriminator<N extends string = string> {
  /** Function that identifies a message by a property, a header or a type. */
  readonly which?: Which<N>;
  /**
   * Properties of each message, which are compared if nothing else works. A message without a shape
   * may be anything.
   */
  readonly shapes?: { readonly [K in N]?: Shape };
}

/**
 * Identifies messages by the value of a property: `byProperty("kind", { shot: ["shot"], chat:
 * ["say", "shout"] })`.
 */
export function byProperty<N extends string>(
  property: string,
  values: { readonly [K in N]: readonly unknown[] },
): Which<N> {
  return by(`property ${JSON.stringify(property)}`, values, (value) =>
    ownProperty(value, property),
  );
}

/**
 * Identifies messages by the type of a property: `byPropertyType("value", { gauge: ["number"],
 * label: ["string"] })`.
 */
export function byPropertyType<N extends string>(
  property: string,
  types: { readonly [K in N]: readonly JsonType[] },
): Which<N> {
  return by(`type of the property ${JSON.stringify(property)}`, withIntegers(types), (value) =>
    jsonType(ownProperty(value, property)),
  );
}

/**
 * Identifies messages by the type of the payload: `byType({ unit: ["object"], count: ["integer",
 * "null"] })`.
 */
export function byType<N extends string>(
  types: {
    readonly [K in N]: readonly JsonType[];
  },
): Which<N> {
  return by("type of the payload", withIntegers(types), jsonType);
}

/**
 * Identifies messages by the value of a header: `byHeader("Kind", { shot: ["shot"], chat: ["chat"]
 * })`.
 */
export function byHeader<N extends string>(
  header: string,
  values: { readonly [K in N]: readonly string[] },
): Which<N> {
  return by(`header ${JSON.stringify(header)}`, values, (_value, headers) => headers?.get(header));
}

/**
 * @returns `true` if a value has one of the types, and an object all required properties and,
 * unless it is open, no unknown ones.
 */
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
  find: DiscriminatorPlace["find"],
): Which<N> {
  const names = invert(values);
  return Object.assign(
    (value: unknown, headers: NatsHeaders | undefined) => names.get(find(value, headers)),
    { place: { what, names, find } },
  );
}

/** Adds integers to the messages with numbers, unless another message has integers. */
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
  // Its type on the wire.
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
