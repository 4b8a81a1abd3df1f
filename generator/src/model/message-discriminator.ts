import type { DocumentNode } from "../document/node.js";
import { fixedProperties } from "./discriminator.js";
import type { Codec, Discriminator, JsonType, Scalar, Shape, Which } from "./sdk.js";
import { anyShape, areExclusive, combined, requiresMore, shapeOf } from "./shape.js";
import { inherited } from "./specification.js";

/** A message to distinguish from others. */
export interface Candidate {
  /** Its place in the document; undefined for a message that the document does not describe. */
  readonly node: DocumentNode | undefined;
  readonly codec: Codec;
}

/** Levels of properties that are compared, if the upper ones do not distinguish all messages. */
const DEEPEST = 4;

/**
 * Finds the discriminator of several messages. The values of a required property come first, then
 * those of a header, the type of a property, and the type of the payload. Messages that this does
 * not distinguish are distinguished by their shapes.
 */
export function findDiscriminator(candidates: readonly Candidate[]): Discriminator {
  let found = discriminatorAt(candidates, DEEPEST);
  // Less to compare, and less code.
  for (let depth = DEEPEST - 1; depth > 0; depth--) {
    const flatter = discriminatorAt(candidates, depth);
    if (flatter.open.length > found.open.length) break;
    found = flatter;
  }
  return found;
}

/** Checks if one value identifies each message, so that none is sent with its name. */
export function identifiesAll(discriminator: Discriminator | undefined): boolean {
  const values = discriminator?.which?.values ?? [[]];
  return values.every(({ length }) => length > 0) && areApart(values);
}

/** Kind of the difference that two messages lack. */
export type Lack =
  /** Their schemas are equal. */
  | { readonly kind: "same" }
  /** One of them is text or bytes. */
  | { readonly kind: "encoding" }
  /** A property has different values or types, but neither message requires it. */
  | { readonly kind: "optional"; readonly property: string }
  /** Each requires a property that the other does not declare, but allows. */
  | { readonly kind: "undeclared" }
  | { readonly kind: "values" };

/** Finds the reason why two messages can have the same payload. */
export function lackOf(a: Candidate, b: Candidate): Lack {
  if (!isStructured(a.codec) || !isStructured(b.codec)) {
    return { kind: a.codec === b.codec ? "same" : "encoding" };
  }
  const [inA, inB] = [a, b].map(({ node }) => shapeOf(payloadOf(node), DEEPEST)) as [Shape, Shape];
  if (textOf(inA) === textOf(inB)) return { kind: "same" };
  for (const [name, shape] of inA.properties) {
    const other = inB.properties.get(name);
    if (other !== undefined && areExclusive(shape, other))
      return { kind: "optional", property: name };
  }
  return requiresMore(inA, inB) || requiresMore(inB, inA)
    ? { kind: "undeclared" }
    : { kind: "values" };
}

function discriminatorAt(candidates: readonly Candidate[], depth: number): Discriminator {
  const shapes = candidates.map(({ node, codec }) =>
    isStructured(codec) ? shapeOf(payloadOf(node), depth) : anyShape,
  );
  const which = findWhich(candidates, shapes);
  const pairs = candidates.flatMap((_, i) =>
    candidates.slice(i + 1).map((_, j): [number, number] => [i, i + 1 + j]),
  );
  // Values that only a `discriminator` names are unknown to validators and to some senders.
  const isImplied =
    which?.by === "property" &&
    shapes.some((shape, i) => {
      const { codec } = candidates[i] ?? {};
      return (
        codec !== undefined && isStructured(codec) && fixedValues(shape, which.name).length === 0
      );
    });
  const undecided = pairs.filter(([i, j]) => !isDecided(which, i, j));
  const compared = new Set(isImplied ? pairs.flat() : undecided.flat());
  return {
    which,
    shapes: withoutCommonProperties(
      shapes.map((shape, i) =>
        compared.has(i) && isStructured(candidates[i]?.codec) && textOf(shape) !== anyText
          ? shape
          : undefined,
      ),
    ),
    open: undecided.filter(([i, j]) => !isExclusive(candidates, shapes, i, j)),
  };
}

function isStructured(codec: Codec | undefined): boolean {
  return codec === "json" || codec === "msgpack";
}

/** Checks if two messages have different values at the place that is compared. */
function isDecided(which: Which | undefined, i: number, j: number): boolean {
  const [a = [], b = []] = which === undefined ? [] : [which.values[i], which.values[j]];
  return a.length > 0 && b.length > 0 && !a.some((value) => b.includes(value));
}

/** Checks if no payload fits two messages. */
function isExclusive(
  candidates: readonly Candidate[],
  shapes: readonly Shape[],
  i: number,
  j: number,
): boolean {
  const [a, b] = [shapes[i] ?? anyShape, shapes[j] ?? anyShape];
  const [one, other] = [candidates[i]?.codec, candidates[j]?.codec];
  if (one === other) return isStructured(one) && areExclusive(a, b);
  const isNone = (codec: Codec | undefined): boolean => codec === "none";
  if (isNone(one) || isNone(other)) return isStructured(isNone(one) ? other : one);
  // Objects and lists of JSON are no MessagePack, but a digit is.
  const isLong = ({ types }: Shape): boolean =>
    types.every((type) => type === "object" || type === "array");
  return isStructured(one) && isStructured(other) && isLong(a) && isLong(b);
}

function findWhich(candidates: readonly Candidate[], shapes: readonly Shape[]): Which | undefined {
  const structured = candidates.flatMap(({ codec }, i) => (isStructured(codec) ? [i] : []));
  const isOf = (values: readonly (readonly unknown[])[]): boolean =>
    structured.length > 1 && structured.every((i) => (values[i] ?? []).length > 0);
  const properties = propertiesOf(candidates, shapes).filter(({ values }) => isOf(values));
  const exclusive = properties.find(({ values }) => areApart(values));
  if (exclusive !== undefined) return exclusive;
  const headers = headersOf(candidates).find(({ values }) => areApart(values));
  if (headers !== undefined) return headers;
  const types = typesOf(shapes, structured).find(({ values }) => isOf(values) && areApart(values));
  if (types !== undefined) return types;
  const decided = (which: Which): number =>
    structured.flatMap((i) => structured.filter((j) => j > i && isDecided(which, i, j))).length;
  const [best] = properties.sort((a, b) => decided(b) - decided(a));
  return best !== undefined && decided(best) > 0 ? best : undefined;
}

/** Properties with fixed values, including those that a `discriminator` names. */
function propertiesOf(candidates: readonly Candidate[], shapes: readonly Shape[]): Which[] {
  const implied = candidates.map(({ node, codec }) => {
    const payload = payloadOf(node);
    return fixedProperties(payload === undefined || !isStructured(codec) ? [] : [payload]);
  });
  const names = new Set([
    ...shapes.flatMap((shape) => [...requiredBy(shape)]),
    ...implied.flatMap((fixed) => [...fixed.keys()]),
  ]);
  return [...names].map((name) => ({
    by: "property",
    name,
    values: shapes.map((shape, i) => {
      const own = fixedValues(shape, name);
      return own.length > 0 ? own : (implied[i]?.get(name) ?? []);
    }),
  }));
}

/** The values of a required property; empty if they are not listed. */
function fixedValues(shape: Shape, name: string): readonly Scalar[] {
  const own = shape.properties.get(name);
  if (shape.required.includes(name) && own?.values !== undefined) return own.values;
  for (const list of shape.any) {
    const values = list.map((each) => fixedValues(combined({ ...shape, any: [] }, each), name));
    if (values.every(({ length }) => length > 0)) return [...new Set(values.flat())];
  }
  return [];
}

/** The properties that all values of a shape have. */
function requiredBy({ required, any }: Shape): ReadonlySet<string> {
  const ofLists = any.flatMap((list) => {
    const [first, ...others] = list.map(requiredBy);
    return [...(first ?? [])].filter((name) => others.every((names) => names.has(name)));
  });
  return new Set([...required, ...ofLists]);
}

function headersOf(candidates: readonly Candidate[]): Which[] {
  const fixed = candidates.map(({ node }) =>
    fixedProperties(node === undefined ? [] : inherited(node, "headers")),
  );
  return [...(fixed[0]?.keys() ?? [])].flatMap((name) => {
    // A header is text: `1` and `"1"` are equal there.
    const values = fixed.map((properties) => (properties.get(name) ?? []).map(String));
    return values.every(({ length }) => length > 0)
      ? [{ by: "header", name, values } as const]
      : [];
  });
}

function typesOf(shapes: readonly Shape[], structured: readonly number[]): Which[] {
  const [first = 0] = structured;
  const each = (find: (shape: Shape) => readonly JsonType[]): JsonType[][] =>
    shapes.map((shape, i) => (structured.includes(i) ? withoutIntegers(find(shape)) : []));
  const ofProperties = [...requiredBy(shapes[first] ?? anyShape)]
    .filter((name) => structured.every((i) => requiredBy(shapes[i] ?? anyShape).has(name)))
    .map((name): Which => {
      const values = each(({ properties }) => properties.get(name)?.types ?? []);
      return { by: "propertyType", name, values };
    });
  return [...ofProperties, { by: "type", values: each(({ types }) => types) }];
}

function withoutIntegers(types: readonly JsonType[]): JsonType[] {
  return [...new Set(types.map((type) => (type === "integer" ? "number" : type)))];
}

function areApart(sets: readonly (readonly unknown[])[]): boolean {
  const all = sets.flatMap((set) => [...new Set(set)]);
  return new Set(all).size === all.length;
}

/**
 * Removes what does not distinguish messages: the shape of a property that all of them describe in
 * the same way.
 */
function withoutCommonProperties(
  shapes: readonly (Shape | undefined)[],
): readonly (Shape | undefined)[] {
  const [first, ...others] = shapes.filter((shape) => shape !== undefined);
  const common = [...(first?.properties ?? [])].flatMap(([name, shape]) => {
    const isCommon = others.every((other) => {
      const same = other.properties.get(name);
      return same !== undefined && textOf(same) === textOf(shape);
    });
    return isCommon ? [name] : [];
  });
  return shapes.map((shape) => {
    if (shape === undefined) return undefined;
    const properties = new Map(shape.properties);
    for (const name of common) properties.set(name, anyShape);
    return { ...shape, properties };
  });
}

function payloadOf(message: DocumentNode | undefined): DocumentNode | undefined {
  const [payload] = message === undefined ? [] : inherited(message, "payload");
  return payload?.has("schemaFormat") ? payload.get("schema") : payload;
}

/** Text that is equal for equal shapes. */
function textOf(shape: Shape): string {
  return JSON.stringify(shape, (_, value) => (value instanceof Map ? [...value] : value));
}

const anyText = textOf(anyShape);
