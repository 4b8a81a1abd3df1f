import { type DocumentNode, own } from "../document/node.js";
import { ObjectParts } from "./object-parts.js";
import { type SchemaDiscriminator, schemaDiscriminatorOf } from "./schema-discriminator.js";
import type { Discriminator, JsonType, Shape } from "./sdk.js";
import { inherited } from "./specification.js";
import { isExact } from "./type-node.js";

type Scalar = string | number | boolean | null;

/**
 * Finds the discriminator of several messages: a required property or header whose values exclude
 * each other, else the JSON types of the payloads, else the sets of their properties.
 *
 * @param messages The messages; undefined for one that may be anything.
 * @param oneCodec `true` if all are decoded in the same way. Otherwise only headers can be used,
 * because the message must be known before its payload is decoded.
 */
export function findDiscriminator(
  messages: readonly (DocumentNode | undefined)[],
  oneCodec: boolean,
): Discriminator | undefined {
  const payloads = messages.map((message) => payloadOf(message));
  const property = byValue(payloads.map((payload) => (payload === undefined ? [] : [payload])));
  if (oneCodec && property !== undefined) return { by: "property", ...property };
  // A header is text: `1` and `"1"` are equal there.
  const header = byValue(
    messages.map((message) => (message === undefined ? [] : inherited(message, "headers"))),
    String,
  );
  if (header !== undefined) return { by: "header", ...header };
  if (!oneCodec) return undefined;
  const jsonTypes = new JsonTypes();
  const propertyType = byPropertyType(payloads, jsonTypes);
  if (propertyType !== undefined) return { by: "propertyType", ...propertyType };
  const types = payloads.map((payload) => jsonTypes.of(payload));
  if (exclusive(types)) return { by: "type", types };
  const shapes = payloads.map((payload, i) => shapeOf(payload, types[i] ?? []));
  const differ = new Set(shapes.map((shape) => JSON.stringify(shape))).size > 1;
  return differ ? { by: "shape", shapes } : undefined;
}

/**
 * Finds objects among alternatives that cannot be distinguished: no required property has different
 * values, and neither object requires a property that the other does not declare.
 *
 * @returns The first two such objects; an empty list if all can be distinguished.
 */
export function indistinguishableSchemas(
  schemas: readonly DocumentNode[],
): readonly DocumentNode[] {
  const jsonTypes = new JsonTypes();
  const objects = schemas.filter((schema) => {
    const types = jsonTypes.of(schema);
    return types.length === 1 && types[0] === "object";
  });
  for (const [i, first] of objects.entries()) {
    for (const second of objects.slice(i + 1)) {
      if (byValue([[first], [second]]) !== undefined) continue;
      if (byPropertyType([first, second], jsonTypes) !== undefined) continue;
      const [a, b] = [shapeOf(first, ["object"]), shapeOf(second, ["object"])];
      if (!requiresMore(a, b) && !requiresMore(b, a)) return [first, second];
    }
  }
  return [];
}

/**
 * Finds the property that distinguishes alternatives: required in each of them, with different
 * values.
 *
 * @param discriminator The discriminator that the document declares, if any.
 * @returns Its name and the values of each schema; undefined if there is none, or if not all are
 * objects.
 */
export function discriminatingProperty(
  schemas: readonly DocumentNode[],
  discriminator: SchemaDiscriminator | undefined,
): { readonly name: string; readonly values: readonly (readonly Scalar[])[] } | undefined {
  const jsonTypes = new JsonTypes();
  const areObjects = schemas.every((schema) => {
    const types = jsonTypes.of(schema);
    return types.length === 1 && types[0] === "object";
  });
  if (!areObjects || schemas.length < 2) return undefined;
  if (discriminator === undefined) return byValue(schemas.map((schema) => [schema]));
  const { property, valueFor } = discriminator;
  const values = schemas.map((schema) => {
    const fixed = fixedProperties([schema]).get(property);
    if (fixed !== undefined) return fixed;
    const value = valueFor(schema);
    const isRequired = ObjectParts.of(schema.target, true)?.required.has(property) === true;
    return isRequired && value !== undefined ? [value] : [];
  });
  return values.every(({ length }) => length > 0) && exclusive(values)
    ? { name: property, values }
    : undefined;
}

function requiresMore(a: Shape, b: Shape): boolean {
  return a.required.some((name) => ![...b.required, ...b.optional].includes(name));
}

function payloadOf(message: DocumentNode | undefined): DocumentNode | undefined {
  const [payload] = message === undefined ? [] : inherited(message, "payload");
  return payload?.has("schemaFormat") ? payload.get("schema") : payload;
}

function byValue<V extends Scalar = Scalar>(
  schemas: readonly (readonly DocumentNode[])[],
  written: (value: Scalar) => V = (value) => value as V,
): { readonly name: string; readonly values: readonly (readonly V[])[] } | undefined {
  const known = schemas.map(fixedProperties);
  for (const name of known[0]?.keys() ?? []) {
    const values = known.map((properties) => (properties.get(name) ?? []).map(written));
    if (values.every(({ length }) => length > 0) && exclusive(values)) return { name, values };
  }
  return undefined;
}

/** The first property that is required in all alternatives, with different types. */
function byPropertyType(
  payloads: readonly (DocumentNode | undefined)[],
  jsonTypes: JsonTypes,
): { readonly name: string; readonly types: readonly (readonly JsonType[])[] } | undefined {
  const known = payloads.map((payload) => payload && ObjectParts.of(payload.target, true));
  for (const name of known[0]?.required ?? []) {
    if (!known.every((parts) => parts?.required.has(name))) continue;
    const types = known.map((parts) => jsonTypes.ofAll(parts?.properties.get(name) ?? []));
    if (exclusive(types)) return { name, types };
  }
  return undefined;
}

/** Required properties with a fixed set of values, and declared discriminators. */
function fixedProperties(schemas: readonly DocumentNode[]): ReadonlyMap<string, readonly Scalar[]> {
  const fixed = new Map<string, readonly Scalar[]>();
  for (const schema of schemas) {
    const parts = ObjectParts.of(schema.target, true);
    for (const [name, properties] of parts?.properties ?? []) {
      if (!parts?.required.has(name)) continue;
      // Every description of the property must allow a value.
      const [first, ...others] = properties.flatMap((property) => {
        const all = scalars(property);
        return all === undefined ? [] : [all];
      });
      const values = first?.filter((value) => others.every((all) => all.includes(value))) ?? [];
      if (values.length > 0 && !fixed.has(name)) fixed.set(name, values);
    }
    const bases = [schema, ...(schema.get("allOf")?.children ?? [])];
    for (const discriminator of bases.flatMap((base) => schemaDiscriminatorOf(base) ?? [])) {
      const { property, valueFor } = discriminator;
      const value = valueFor(schema);
      if (value !== undefined && parts?.required.has(property) && !fixed.has(property)) {
        fixed.set(property, [value]);
      }
    }
  }
  return fixed;
}

function scalars(schema: DocumentNode): readonly Scalar[] | undefined {
  const { value } = schema.target;
  const only = own(value, "const");
  const all = only === undefined ? own(value, "enum") : [only];
  return Array.isArray(all) && all.every(isScalar) ? all : undefined;
}

function isScalar(value: unknown): value is Scalar {
  if (typeof value === "number") return isExact(value);
  return value === null || typeof value === "string" || typeof value === "boolean";
}

function exclusive(sets: readonly (readonly unknown[])[]): boolean {
  const all = sets.flatMap((set) => [...new Set(set)]);
  return new Set(all).size === all.length;
}

/** All types of JSON. */
export const everyType: readonly JsonType[] = [
  "string",
  "number",
  "boolean",
  "null",
  "array",
  "object",
];

/** Finds the JSON types of payloads. Each schema is visited once. */
class JsonTypes {
  readonly #known = new Map<string, readonly JsonType[]>();

  of(schema: DocumentNode | undefined): readonly JsonType[] {
    if (schema === undefined) return everyType;
    const { target } = schema;
    const { id } = target;
    const known = this.#known.get(id);
    if (known !== undefined) return known;
    // A schema's reference to itself does not restrict it.
    this.#known.set(id, everyType);
    const found = this.#read(target);
    this.#known.set(id, found);
    return found;
  }

  #read(target: DocumentNode): readonly JsonType[] {
    const { value } = target;
    const values = scalars(target);
    if (values !== undefined) return [...new Set(values.map(typeOfValue))];
    const type = own(value, "type");
    const named = (Array.isArray(type) ? type : [type]).flatMap((each) => {
      const name = each === "integer" ? "number" : each;
      return everyType.filter((known) => known === name);
    });
    if (named.length > 0)
      return own(value, "nullable") === true ? [...new Set([...named, "null" as const])] : named;
    if (own(value, "properties") !== undefined) return ["object"];
    for (const key of ["oneOf", "anyOf"]) {
      const options = target.get(key)?.children;
      if (options !== undefined) return [...new Set(options.flatMap((option) => this.of(option)))];
    }
    return this.ofAll(target.get("allOf")?.children ?? []);
  }

  /** The common types of several schemas that all apply. */
  ofAll(schemas: readonly DocumentNode[]): readonly JsonType[] {
    const all = schemas.map((schema) => this.of(schema));
    return everyType.filter((each) => all.every((types) => types.includes(each)));
  }
}

function typeOfValue(value: Scalar): JsonType {
  if (value === null) return "null";
  return typeof value === "string" ? "string" : typeof value === "number" ? "number" : "boolean";
}

/**
 * The properties of an object and its alternatives: those that all require, and those that any may
 * have.
 */
function shapeOf(
  schema: DocumentNode | undefined,
  types: readonly JsonType[],
  known = new Map<string, Shape>(),
): Shape {
  const unknown: Shape = { types, required: [], optional: [], open: true };
  const parts = schema === undefined ? undefined : ObjectParts.of(schema.target, true);
  if (schema === undefined || parts === undefined) return unknown;
  const { target } = schema;
  const before = known.get(target.id);
  if (before !== undefined) return before;
  // A schema's reference to itself does not restrict it.
  known.set(target.id, unknown);
  const jsonTypes = new JsonTypes();
  const lists = ["oneOf", "anyOf"].flatMap((keyword) => {
    const options = target.get(keyword)?.children ?? [];
    const objects = options.filter((option) => jsonTypes.of(option).includes("object"));
    return objects.length === 0
      ? []
      : [objects.map((option) => shapeOf(option, ["object"], known))];
  });
  const options = lists.flat();
  const names = new Set([
    ...parts.properties.keys(),
    ...options.flatMap(({ required, optional }) => [...required, ...optional]),
  ]);
  const isRequired = (name: string): boolean =>
    parts.required.has(name) ||
    lists.some((list) => list.every(({ required }) => required.includes(name)));
  const shape: Shape = {
    types,
    required: [...names].filter(isRequired),
    optional: [...names].filter((name) => !isRequired(name)),
    open: parts.others.length > 0 || names.size === 0 || options.some(({ open }) => open),
  };
  known.set(target.id, shape);
  return shape;
}
