/** The types of JSON; an integer is a number as well. */
export type JsonType = "object" | "array" | "string" | "number" | "integer" | "boolean" | "null";

/** Outline of a payload's schema, with what distinguishes messages. */
export interface Shape {
  /** Allowed types; by default an object if properties are listed, otherwise any type. */
  readonly types?: readonly JsonType[];
  /** Allowed values; by default any. */
  readonly values?: readonly (string | number | boolean | null)[];
  /** Required properties of an object. */
  readonly required?: readonly string[];
  /** Optional properties of an object, besides those of {@link properties}. */
  readonly optional?: readonly string[];
  /** Shapes of properties, which are optional unless {@link required} contains them. */
  readonly properties?: { readonly [name: string]: Shape | JsonType };
  /** `true` if a schema describes other properties of an object. */
  readonly open?: boolean;
  /** `true` if an object has no other properties. */
  readonly closed?: boolean;
  /** Shape of the items of a list. */
  readonly items?: Shape | JsonType;
  /** Lists of alternatives: a value has the shape of at least one of each list. */
  readonly any?: readonly (readonly Shape[])[];
}

/** @returns `true` if a value has a shape. Properties that the shape does not list do not matter, unless it is closed. */
export function fits(shape: Shape | JsonType, value: unknown): boolean {
  const type = jsonType(value);
  if (typeof shape === "string") return isOfType(shape, type);
  const { values, properties, required, optional, items, any } = shape;
  if (values !== undefined && !values.includes(value as string)) return false;
  const isObject = properties !== undefined || required !== undefined || optional !== undefined;
  const types = shape.types ?? (isObject ? OBJECT : undefined);
  if (types !== undefined && !types.some((each) => isOfType(each, type))) return false;
  if (type === "object" && !fitsObject(shape, value as Record<string, unknown>)) return false;
  if (items !== undefined && Array.isArray(value) && !value.every((item) => fits(items, item)))
    return false;
  return any === undefined || any.every((list) => list.some((each) => fits(each, value)));
}

/** @returns The properties of an object that a shape does not list; none for an open shape. */
export function undeclared(shape: Shape | undefined, value: unknown): readonly string[] {
  if (shape === undefined || shape.open || jsonType(value) !== "object") return [];
  const lists = shape.any?.flat().filter((each) => fits(each, value)) ?? [];
  if (lists.some(({ open }) => open)) return [];
  const all = [shape, ...lists];
  return Object.keys(value as object).filter((name) => !all.some((each) => declares(each, name)));
}

/** The type of a value on the wire; `undefined` if it has none. */
export function jsonType(value: unknown): JsonType | undefined {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (Number.isInteger(value) || typeof value === "bigint") return "integer";
  // In MessagePack, they are values of types of their own.
  if (value instanceof Date || value instanceof Uint8Array) return "string";
  const type = typeof value;
  return type === "object" || type === "string" || type === "number" || type === "boolean"
    ? type
    : undefined;
}

const OBJECT: readonly JsonType[] = ["object"];

function isOfType(type: JsonType, actual: JsonType | undefined): boolean {
  return type === actual || (type === "number" && actual === "integer");
}

function fitsObject(shape: Shape, object: Record<string, unknown>): boolean {
  const { required = NONE, properties, closed } = shape;
  for (const name of required) if (!Object.hasOwn(object, name)) return false;
  if (properties !== undefined) {
    for (const name of Object.keys(properties)) {
      if (Object.hasOwn(object, name) && !fits(properties[name]!, object[name])) return false;
    }
  }
  return !closed || Object.keys(object).every((name) => declares(shape, name));
}

const NONE: readonly string[] = [];

function declares({ required, optional, properties }: Shape, name: string): boolean {
  return (
    required?.includes(name) === true ||
    optional?.includes(name) === true ||
    (properties !== undefined && Object.hasOwn(properties, name))
  );
}
