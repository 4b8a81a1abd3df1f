import type { DocumentNode } from "../document/node.js";
import { ObjectParts } from "./object-parts.js";
import { type SchemaDiscriminator, schemaDiscriminatorOf } from "./schema-discriminator.js";
import type { Scalar } from "./sdk.js";
import { areExclusive, requiresMore, scalarsOf, shapeOf } from "./shape.js";

/**
 * Finds objects among alternatives that cannot be distinguished: no required property has different
 * values, and neither object requires a property that the other does not declare.
 *
 * @returns The first two such objects; an empty list if all can be distinguished.
 */
export function indistinguishableSchemas(
  schemas: readonly DocumentNode[],
): readonly DocumentNode[] {
  const objects = schemas.filter(isObject).map((schema) => ({ schema, shape: shapeOf(schema, 1) }));
  for (const [i, a] of objects.entries()) {
    for (const b of objects.slice(i + 1)) {
      if (byValue([[a.schema], [b.schema]]) !== undefined || areExclusive(a.shape, b.shape))
        continue;
      if (!requiresMore(a.shape, b.shape) && !requiresMore(b.shape, a.shape))
        return [a.schema, b.schema];
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
  if (!schemas.every(isObject) || schemas.length < 2) return undefined;
  if (discriminator === undefined) return byValue(schemas.map((schema) => [schema]));
  const { property, valuesFor } = discriminator;
  const values = schemas.map((schema): readonly Scalar[] => {
    const declared = valuesFor(schema);
    const fixed = fixedProperties([schema]).get(property);
    if (fixed !== undefined) {
      // Alternatives may share a list of all values.
      const own = declared.filter((value) => fixed.includes(value));
      return own.length > 0 ? own : fixed;
    }
    const isRequired = ObjectParts.of(schema.target, true)?.required.has(property) === true;
    return isRequired ? declared : [];
  });
  return values.every(({ length }) => length > 0) && exclusive(values)
    ? { name: property, values }
    : undefined;
}

function isObject(schema: DocumentNode): boolean {
  const { types } = shapeOf(schema, 0);
  return types.length === 1 && types[0] === "object";
}

function byValue(
  schemas: readonly (readonly DocumentNode[])[],
): { readonly name: string; readonly values: readonly (readonly Scalar[])[] } | undefined {
  const known = schemas.map(fixedProperties);
  for (const name of known[0]?.keys() ?? []) {
    const values = known.map((properties) => properties.get(name) ?? []);
    if (values.every(({ length }) => length > 0) && exclusive(values)) return { name, values };
  }
  return undefined;
}

/** Required properties with a fixed set of values, and declared discriminators. */
export function fixedProperties(
  schemas: readonly DocumentNode[],
): ReadonlyMap<string, readonly Scalar[]> {
  const fixed = new Map<string, readonly Scalar[]>();
  for (const schema of schemas) {
    const parts = ObjectParts.of(schema.target, true);
    for (const [name, properties] of parts?.properties ?? []) {
      if (!parts?.required.has(name)) continue;
      // Every description of the property must allow a value.
      const [first, ...others] = properties.flatMap((property) => {
        const all = scalarsOf(property);
        return all === undefined ? [] : [all];
      });
      const values = first?.filter((value) => others.every((all) => all.includes(value))) ?? [];
      if (values.length > 0 && !fixed.has(name)) fixed.set(name, values);
    }
    const bases = [schema, ...(schema.get("allOf")?.children ?? [])];
    for (const discriminator of bases.flatMap((base) => schemaDiscriminatorOf(base) ?? [])) {
      const { property, valuesFor } = discriminator;
      const values = valuesFor(schema);
      if (values.length > 0 && parts?.required.has(property) && !fixed.has(property)) {
        fixed.set(property, values);
      }
    }
  }
  return fixed;
}

function exclusive(sets: readonly (readonly unknown[])[]): boolean {
  const all = sets.flatMap((set) => [...new Set(set)]);
  return new Set(all).size === all.length;
}
