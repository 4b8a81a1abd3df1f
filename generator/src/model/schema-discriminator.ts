import { type DocumentNode, own } from "../document/node.js";

/** The `discriminator` of a schema with alternatives. */
export interface SchemaDiscriminator {
  readonly property: string;
  /** @returns The property's values for an alternative; none if the document gives none. */
  readonly valuesFor: (alternative: DocumentNode) => readonly string[];
}

/**
 * Reads a discriminator in either form: AsyncAPI's is the property's name, and the schemas' names
 * are its values. OpenAPI's is an object that may define other values.
 */
export function schemaDiscriminatorOf(schema: DocumentNode): SchemaDiscriminator | undefined {
  const discriminator = own(schema.target.value, "discriminator");
  if (typeof discriminator === "string") return { property: discriminator, valuesFor: schemaNames };
  const property = own(discriminator, "propertyName");
  if (typeof property !== "string") return undefined;
  const mapping = Object.entries(own(discriminator, "mapping") ?? {});
  return {
    property,
    valuesFor(alternative) {
      const names = schemaNames(alternative);
      const mapped = mapping.filter(([, to]) => to === alternative.ref || names.includes(to));
      return mapped.length > 0 ? mapped.map(([value]) => value) : names;
    },
  };
}

/** Checks if a schema allows only listed values. */
export function isFixed(schema: DocumentNode): boolean {
  const { value } = schema.target;
  return own(value, "const") !== undefined || own(value, "enum") !== undefined;
}

/**
 * Values to which a discriminator restricts a property.
 *
 * @param values The discriminator's values for an alternative.
 * @param schemas The alternative's schemas of the property.
 * @returns An empty list if the schemas list no others, or none of them.
 */
export function narrowedValues(
  values: readonly string[],
  schemas: readonly DocumentNode[],
): readonly string[] {
  const lists = schemas.filter(isFixed).map(({ target: { value } }) => {
    const listed = own(value, "enum");
    return Array.isArray(listed) ? listed : [own(value, "const")];
  });
  const possible = values.filter((value) => lists.every((list) => list.includes(value)));
  const isSaid = lists.some((list) => list.every((each) => possible.includes(each)));
  return isSaid ? [] : possible;
}

function schemaNames({ ref, target }: DocumentNode): readonly string[] {
  return ref === undefined || target.key === "" ? [] : [target.key];
}
