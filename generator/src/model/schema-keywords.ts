import { createHash } from "node:crypto";
import { type DocumentNode, own } from "../document/node.js";
import { isFixed } from "./schema-discriminator.js";
import { isExact } from "./type-node.js";

/** Schemas with the same `$id` and the same content are the same schema, wherever they are. */
export function identityOf(schema: DocumentNode): string {
  const id = own(schema.value, "$id");
  return typeof id === "string" ? `${id} ${JSON.stringify(schema.value)}` : schema.id;
}

const contents = new WeakMap<object, string>();

/** Text that is equal for schemas with the same content. */
export function contentOf({ value, file }: DocumentNode): string {
  if (typeof value !== "object" || value === null) return String(value);
  let content = contents.get(value);
  if (content === undefined) {
    let text = JSON.stringify(value);
    // The parser of AsyncAPI leaves a different number in each schema.
    if (text.includes('"x-parser-'))
      text = JSON.stringify(value, (key, each) => (key.startsWith("x-parser-") ? undefined : each));
    // The same reference has another target in another folder.
    if (text.includes('"$ref"')) text += file.path;
    content = createHash("sha256").update(text).digest("base64");
    contents.set(value, content);
  }
  return content;
}

/** Checks for a point in time. The format `date` is a day, and always remains text. */
export function isDateTime({ value }: DocumentNode): boolean {
  return own(value, "format") === "date-time";
}

/**
 * Checks if null is allowed in addition to the described type. If the schema lists its values, the
 * list decides.
 */
export function saysNull(schema: DocumentNode): boolean {
  const { value } = schema;
  if (own(value, "nullable") === true) return true;
  const type = own(value, "type");
  return Array.isArray(type) && type.length > 1 && type.includes("null") && !isFixed(schema);
}

/** Finds the type of a schema without `type` by its other keywords. */
export function inferredType(schema: unknown): string | undefined {
  const says = (...keys: readonly string[]): boolean =>
    keys.some((key) => own(schema, key) !== undefined);
  if (says("properties", "patternProperties", "additionalProperties", "propertyNames"))
    return "object";
  if (says("items", "prefixItems", "additionalItems")) return "array";
  return undefined;
}

/** Warns of values that JavaScript cannot represent exactly. */
export function warnInexact(schema: DocumentNode, values: readonly unknown[]): void {
  if (values.every((value) => typeof value !== "number" || isExact(value))) return;
  schema.warn({
    code: "inexact-number",
    message: "JavaScript cannot represent one of its values exactly; any number is accepted.",
    fix: "Use numbers between -(2^53 - 1) and 2^53 - 1, or text.",
  });
}

/** Warns once of all integers that a number may round. */
export function warnRounded(schemas: readonly DocumentNode[]): void {
  const [first] = schemas;
  if (first === undefined) return;
  const [what, their] =
    schemas.length === 1 ? ["An integer", "its"] : [`${schemas.length} integers`, "their"];
  first.warn({
    code: "rounded-integer",
    message: `${what} may be beyond 2^53, where the type \`number\` rounds ${their} values.`,
    fix: "Use the option `int64` (`--int64 bigint` or `--int64 string`), or add bounds within 2^53.",
  });
}

/**
 * Warns of a required property that is not declared.
 *
 * @param properties The declared properties, for a suggestion.
 */
export function warnUndeclared(
  schema: DocumentNode,
  key: string,
  properties: ReadonlyMap<string, unknown>,
): void {
  const similar = [...properties.keys()].find(
    (other) => other !== key && other.toLowerCase() === key.toLowerCase(),
  );
  schema.warn({
    code: "undeclared-required",
    message: `\`${key}\` is required but not declared; its type is unknown.`,
    fix:
      similar === undefined
        ? "Declare the property, or remove it from `required`."
        : `Require \`${similar}\`, which is declared.`,
  });
}
