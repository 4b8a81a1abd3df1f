import type { DocumentNode } from "../document/node.js";

const single = ["items", "additionalProperties", "additionalItems", "not", "if", "then", "else"];
const many = ["properties", "patternProperties", "oneOf", "anyOf", "allOf", "prefixItems"];

/** Visits schemas and all their parts, each once, following references. */
export function* eachSchema(schemas: Iterable<DocumentNode>): Generator<DocumentNode> {
  const seen = new Set<string>();
  const open = [...schemas].reverse();
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { target } = next;
    if (seen.has(target.id) || typeof target.value !== "object" || target.value === null) continue;
    seen.add(target.id);
    // A payload may name the language of its schema.
    const schema = target.has("schemaFormat") ? target.get("schema")?.target : target;
    if (schema === undefined) continue;
    yield schema;
    const children = [
      ...single.flatMap((key) => schema.get(key) ?? []),
      ...many.flatMap((key) => schema.get(key)?.children ?? []),
    ];
    open.push(...children.reverse());
  }
}
