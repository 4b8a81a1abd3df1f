import type { NatsHeaders } from "../protocol/headers.js";
import { type JsonType, jsonType, type Shape } from "./shape.js";

/**
 * Identifies a message of a channel by its payload.
 *
 * @param value The payload.
 * @returns The name of the message, or the names of several that the value allows; `undefined` if it
 * does not identify any.
 */
export interface Which<N extends string = string> {
  (value: unknown, headers: NatsHeaders | undefined): N | readonly N[] | undefined;
  /** The distinguishing place, if it has all values of the named messages. */
  readonly place?: DiscriminatorPlace;
}

/** Distinguishing place of messages. */
export interface DiscriminatorPlace {
  /** Description for people, for example `property "kind"`. */
  readonly what: string;
  /** Names of the messages, by their values at this place. */
  readonly names: ReadonlyMap<unknown, string | readonly string[]>;
  /** @returns The value of a message at this place; `undefined` for none. */
  find(value: unknown, headers: NatsHeaders | undefined): unknown;
}

/** Discriminator of a channel's messages. */
export interface Discriminator<N extends string = string, U extends N = N> {
  /** Function that identifies a message by a property, a header or a type. */
  readonly which?: Which<N>;
  /**
   * Outlines of the messages' schemas, which are compared if nothing else works. A message without
   * one may be anything.
   */
  readonly shapes?: { readonly [K in N]?: Shape };
  /**
   * Messages that are delivered without a name if a payload fits several of them; by default none,
   * and such a payload is an AmbiguousMessageError.
   */
  readonly unnamed?: readonly U[];
  /**
   * Names of messages in the header `Alternats-Message`, where they differ from the property's name.
   * The first is written, and all are accepted.
   */
  readonly headers?: { readonly [K in N]?: readonly string[] };
}

/**
 * Identifies messages by the value of a property: `byProperty("kind", { shot: ["shot"], chat:
 * ["say", "shout"] })`. Messages may share a value.
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

function invert<N extends string>(
  values: {
    readonly [K in N]: readonly unknown[];
  },
): Map<unknown, N | readonly N[]> {
  const lists = new Map<unknown, N[]>();
  for (const name of Object.keys(values) as N[]) {
    for (const value of values[name]) {
      const names = lists.get(value);
      if (names === undefined) lists.set(value, [name]);
      else if (!names.includes(name)) names.push(name);
    }
  }
  return new Map([...lists].map(([value, names]) => [value, names.length > 1 ? names : names[0]!]));
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

function ownProperty(value: unknown, property: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, property)
    ? (value as { readonly [name: string]: unknown })[property]
    : undefined;
}
