import { type DocumentNode, own } from "../document/node.js";

/** The `discriminator` of a schema with alternatives. */
export interface SchemaDiscriminator {
  readonly property: string;
  /** @returns The property's value for an alternative; undefined if the document gives none. */
  readonly valueFor: (alternative: DocumentNode) => string | undefined;
}

/**
 * Reads a discriminator in either form: AsyncAPI's is the property's name, and the schemas' names
 * are its values. OpenAPI's is an object that may define other values.
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

/** Checks if a schema allows only listed values. */
export function isFixed(schema: DocumentNode): boolean {
  const { value } = schema.target;
  return own(value, "const") !== undefined || own(value, "enum") !== undefined;
}

function schemaName(alternative: DocumentNode): string | undefined {
  return alternative.ref === undefined ? undefined : alternative.target.key || undefined;
}
