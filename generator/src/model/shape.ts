import { type DocumentNode, own } from "../document/node.js";
import type { JsonType, Scalar, Shape } from "./sdk.js";
import { isExact } from "./type-node.js";

/** All types of JSON. */
export const everyType: readonly JsonType[] = [
  "string",
  "number",
  "boolean",
  "null",
  "array",
  "object",
];

/** Shape of a value that may be anything. */
export const anyShape: Shape = {
  types: everyType,
  values: undefined,
  required: [],
  properties: new Map(),
  others: "any",
  items: undefined,
  any: [],
};

/**
 * Reads the shape of a schema.
 *
 * @param schema Undefined for a payload that may be anything.
 * @param depth Number of levels of properties and items.
 */
export function shapeOf(schema: DocumentNode | undefined, depth: number): Shape {
  return schema === undefined ? anyShape : new ShapeReader().read(schema, depth);
}

/** Combines two shapes that both apply. */
export function combined(a: Shape, b: Shape): Shape {
  const properties = new Map(a.properties);
  for (const [name, shape] of b.properties) {
    const known = properties.get(name);
    properties.set(name, known === undefined ? shape : combined(known, shape));
  }
  const { values = b.values } = a;
  return {
    types: commonTypes(a.types, b.types),
    values: b.values === undefined ? values : values?.filter((each) => b.values?.includes(each)),
    required: [...new Set([...a.required, ...b.required])],
    properties,
    others: [a.others, b.others].includes("none")
      ? "none"
      : [a.others, b.others].includes("described")
        ? "described"
        : "any",
    items:
      a.items === undefined || b.items === undefined
        ? (a.items ?? b.items)
        : combined(a.items, b.items),
    any: [...a.any, ...b.any],
  };
}

/** Number of comparisons after which shapes count as compatible: alternatives multiply. */
const MOST_COMPARISONS = 5_000;

/** Checks if no value has both shapes. */
export function areExclusive(a: Shape, b: Shape): boolean {
  return new Comparison().areExclusive(a, b);
}

/** Checks if a shape requires a property that another does not declare. */
export function requiresMore(a: Shape, b: Shape): boolean {
  return a.required.some((name) => !declares(b, name));
}

function declares({ properties, any }: Shape, name: string): boolean {
  return properties.has(name) || any.some((list) => list.some((each) => declares(each, name)));
}

/** Types that both lists allow; an integer is a number as well. */
export function commonTypes(a: readonly JsonType[], b: readonly JsonType[]): readonly JsonType[] {
  const within = (type: JsonType, types: readonly JsonType[]): boolean =>
    types.includes(type) || (type === "integer" && types.includes("number"));
  return [
    ...new Set([...a.filter((type) => within(type, b)), ...b.filter((type) => within(type, a))]),
  ];
}

/** Comparison of two shapes. */
class Comparison {
  #count = 0;

  areExclusive(a: Shape, b: Shape): boolean {
    if (++this.#count > MOST_COMPARISONS) return false;
    return this.#areApart(a, b) || this.#someListIsApart(a, b) || this.#someListIsApart(b, a);
  }

  /** Compares without the alternatives of the shapes. */
  #areApart(a: Shape, b: Shape): boolean {
    const types = commonTypes(a.types, b.types);
    if (types.length === 0) return true;
    const values = a.values ?? b.values;
    if (values !== undefined) {
      const other = a.values === undefined ? a : b;
      return !values.some((value) => allowsValue(other, value));
    }
    if (types.some((type) => type !== "object")) return false;
    return [...a.required, ...b.required].some((name) => {
      const [inA, inB] = [a.properties.get(name), b.properties.get(name)];
      // One of them requires the property, so a common value has it.
      if (inA !== undefined && inB !== undefined) return this.areExclusive(inA, inB);
      return (
        (inA === undefined && a.others === "none") || (inB === undefined && b.others === "none")
      );
    });
  }

  /** Checks if each alternative of a list of `a` excludes `b`. */
  #someListIsApart(a: Shape, b: Shape): boolean {
    return a.any.some((list, i) => {
      const rest = { ...a, any: a.any.filter((_, j) => j !== i) };
      return list.every((alternative) => this.areExclusive(combined(rest, alternative), b));
    });
  }
}

function allowsValue({ values, types }: Shape, value: Scalar): boolean {
  if (values !== undefined) return values.includes(value);
  return commonTypes([typeOfValue(value)], types).length > 0;
}

/** The type of a value; an integer has the narrower type. */
function typeOfValue(value: Scalar): JsonType {
  if (value === null) return "null";
  if (typeof value === "string") return "string";
  if (typeof value === "boolean") return "boolean";
  return Number.isInteger(value) ? "integer" : "number";
}

/** The allowed values of a schema, if it lists them and all of them are scalars. */
export function scalarsOf(schema: DocumentNode): readonly Scalar[] | undefined {
  const { value } = schema.target;
  const only = own(value, "const");
  const all = only === undefined ? own(value, "enum") : [only];
  return Array.isArray(all) && all.every(isScalar) ? all : undefined;
}

function isScalar(value: unknown): value is Scalar {
  if (typeof value === "number") return isExact(value);
  return value === null || typeof value === "string" || typeof value === "boolean";
}

/** Number of schemas after which a shape becomes that of any value: alternatives multiply. */
const MOST_SCHEMAS = 2_000;

class ShapeReader {
  /** Schemas that are being read: a schema's reference to itself does not restrict it. */
  readonly #open = new Set<string>();
  #count = 0;

  read(schema: DocumentNode, depth: number): Shape {
    const { target } = schema;
    const { id, value } = target;
    if (value === false) return { ...anyShape, types: [] };
    if (typeof value !== "object" || value === null || this.#open.has(id)) return anyShape;
    if (++this.#count > MOST_SCHEMAS) return anyShape;
    this.#open.add(id);
    let shape = this.#readOwn(target, depth);
    for (const part of target.get("allOf")?.children ?? []) {
      shape = combined(shape, this.read(part, depth));
    }
    for (const keyword of ["oneOf", "anyOf"]) {
      const list = target.get(keyword)?.children ?? [];
      if (list.length === 0 || list.some((each) => this.#open.has(each.target.id))) continue;
      const any = list.map((each) => this.read(each, depth));
      const types = everyType.filter((type) =>
        any.some((each) => commonTypes(each.types, [type]).length > 0),
      );
      shape = combined(shape, { ...anyShape, types, any: [any] });
    }
    this.#open.delete(id);
    return own(value, "nullable") === true ? orNull(shape) : shape;
  }

  /** Reads a schema without what it is composed of. */
  #readOwn(target: DocumentNode, depth: number): Shape {
    const { value } = target;
    const values = scalarsOf(target);
    const required = target.texts("required");
    const declared = target.get("properties")?.children ?? [];
    const additional = target.get("additionalProperties");
    const items = target.get("items");
    const patterns = target.get("patternProperties");
    const isDeep = depth > 0;
    const properties = new Map(
      declared.map((each) => [each.key, isDeep ? this.read(each, depth - 1) : anyShape]),
    );
    for (const name of required) if (!properties.has(name)) properties.set(name, anyShape);
    const isClosed = additional?.target.value === false && patterns === undefined;
    return {
      types: typesOf(value, values),
      values,
      required,
      properties,
      others: isClosed
        ? "none"
        : additional !== undefined || patterns !== undefined
          ? "described"
          : "any",
      items:
        items === undefined || Array.isArray(items.value) || !isDeep
          ? undefined
          : this.read(items, depth - 1),
      any: [],
    };
  }
}

function orNull(shape: Shape): Shape {
  const { types, values } = shape;
  if (shape.any.length > 0)
    return { ...anyShape, types: [...types, "null"], any: [[shape, onlyNull]] };
  return {
    ...shape,
    types: [...new Set([...types, "null" as const])],
    values: values === undefined ? undefined : [...new Set([...values, null])],
  };
}

const onlyNull: Shape = { ...anyShape, types: ["null"] };

function typesOf(schema: unknown, values: readonly Scalar[] | undefined): readonly JsonType[] {
  const type = own(schema, "type");
  const named = (Array.isArray(type) ? type : [type]).filter(isType);
  const ofValues = values && [...new Set(values.map(typeOfValue))];
  if (named.length > 0) return ofValues === undefined ? named : commonTypes(named, ofValues);
  if (ofValues !== undefined) return ofValues;
  // Without a type such a schema allows other values, but nobody means them.
  const isObject = ["properties", "required"].some((key) => own(schema, key) !== undefined);
  return isObject ? ["object"] : everyType;
}

function isType(type: unknown): type is JsonType {
  return type === "integer" || everyType.some((each) => each === type);
}
