import { type DocumentNode, own } from "../document/node.js";

/** The `discriminator` of a schema with alternatives. */
export interface SchemaDiscriminator {
  readonly property: string;
  /** @returns The property's value for an alternative; undefined where the document gives none. */
  readonly valueFor: (alternative: DocumentNode) => string | undefined;
}

/**
 * Reads a discriminator in either spelling: AsyncAPI's, which is the property's name and means the names
 * of the schemas, and OpenAPI's, which is an object that may map other values to them.
 */
export function schemaDiscriminatorOf(schema: DocumentNode): SchemaDiscriminator | undefined {
  const discriminator = own(schema.target.value, "discriminator");
  if (typeof discriminator === "string") return { property: discriminator, valueFor: schemaName };
  const property = own(discriminator, "propertyName");
  if (typeof property !== "string") return undefined;
  const mapping = Object.entries(own(discriminator, "mapping") ?? {});
  return {
    property,
    valueFor(alternative) {
      const name = schemaName(alternative);
      const mapped = mapping.find(
        ([, to]) => to === alternative.ref || (name !== undefined && to === name),
      );
      return mapped?.[0] ?? name;
    },
  };
}

/** Whether a schema allows only values that it lists. */
export function isFixed(schema: DocumentNode): boolean {
  const { value } = schema.target;
  return own(value, "const") !== undefined || own(value, "enum") !== undefined;
}

function schemaName(alternative: DocumentNode): string | undefined {
  return alternative.ref === undefined ? undefined : alternative.target.key || undefined;
}
