import { type Document, fieldsOf, type Located } from "../generator/support/document.js";

/** A schema of JSON Schema 2020-12 that refers only to itself. */
export type Schema = boolean | { readonly [keyword: string]: unknown };

/** Keywords whose values are copied. */
const plain = new Set(
  "type enum const multipleOf maximum minimum maxLength minLength pattern maxItems minItems uniqueItems maxProperties minProperties required format dependentRequired".split(
    " ",
  ),
);
/** Keywords with one schema, with a list of schemas, and with schemas by name. */
const single = "additionalProperties contains propertyNames not if then else".split(" ");
const lists = ["allOf", "anyOf", "oneOf", "prefixItems"];
const named = ["properties", "patternProperties", "dependentSchemas"];

/** Translates a schema of a document: AsyncAPI's, OpenAPI's and draft-07's keywords become those of 2020-12. */
export function schemaFor(document: Document, located: Located | undefined): Schema {
  if (located === undefined) return true;
  const translation = new Translation(document);
  const $ref = translation.refer(located);
  return { $ref, $defs: translation.definitions };
}

class Translation {
  readonly definitions: Record<string, Schema> = {};
  readonly #document: Document;
  readonly #known = new Map<unknown, string>();
  /** Schemas without their alternatives, as the alternatives themselves refer to them. */
  readonly #bases = new Map<unknown, string>();

  constructor(document: Document) {
    this.#document = document;
  }

  /**
   * @param asBase `true` for a reference of one of the schema's own alternatives.
   * @returns The reference to a schema.
   */
  refer(located: Located, asBase = false): string {
    const target = this.#document.follow(located);
    const identity = fieldsOf(target.value) === target.value ? target.value : Symbol("boolean");
    const known = asBase ? this.#bases : this.#known;
    let name = known.get(identity);
    if (name === undefined) {
      name = `${asBase ? "base" : "s"}${known.size}`;
      known.set(identity, name);
      this.definitions[name] = this.#translate(target, asBase);
    }
    return `#/$defs/${name}`;
  }

  #schema(located: Located): Schema {
    const isReference = typeof fieldsOf(located.value).$ref === "string";
    return isReference || typeof located.value === "object"
      ? { $ref: this.refer(located) }
      : located.value !== false;
  }

  #translate(here: Located, asBase: boolean): Schema {
    const { value } = here;
    if (typeof value === "boolean") return value;
    const fields = fieldsOf(value);
    const schema: Record<string, unknown> = {};
    for (const [keyword, content] of Object.entries(fields)) {
      if (plain.has(keyword)) schema[keyword] = content;
    }
    this.#addBounds(fields, schema);
    const child = (keyword: string): Located | undefined =>
      Object.hasOwn(fields, keyword) ? { file: here.file, value: fields[keyword] } : undefined;
    for (const keyword of single) {
      const found = child(keyword);
      if (found !== undefined) schema[keyword] = this.#schema(found);
    }
    for (const keyword of lists) {
      if (asBase && (keyword === "oneOf" || keyword === "anyOf")) continue;
      const found = this.#list(child(keyword), keyword === "allOf" ? here : undefined);
      if (found.length > 0) schema[keyword] = found;
    }
    for (const keyword of named) {
      const found = Object.entries(fieldsOf(fields[keyword])).map(
        ([name, each]) => [name, this.#schema({ file: here.file, value: each })] as const,
      );
      if (found.length > 0) schema[keyword] = Object.fromEntries(found);
    }
    this.#addItems(child, schema);
    this.#addDependencies(here, schema);
    return fields.nullable === true ? { anyOf: [{ type: "null" }, schema] } : schema;
  }

  /** @param owner The schema that all of the list apply to; undefined for alternatives. */
  #list(located: Located | undefined, owner?: Located): readonly Schema[] {
    const all = Array.isArray(located?.value) ? located.value : [];
    return all.map((value) => {
      const each = { file: located?.file ?? "", value };
      const isBase = owner !== undefined && this.#hasAlternative(each, owner);
      return isBase ? { $ref: this.refer(each, true) } : this.#schema(each);
    });
  }

  /** Checks if a schema is one of the alternatives of another. */
  #hasAlternative(base: Located, schema: Located): boolean {
    const target = this.#document.follow(base);
    return ["oneOf", "anyOf"].some((keyword) =>
      this.#document
        .children(this.#document.get(target, keyword))
        .some(([, each]) => each.value === schema.value),
    );
  }

  /** Draft-04 and OpenAPI 3.0 exclude a bound by `true`. */
  #addBounds(fields: Readonly<Record<string, unknown>>, schema: Record<string, unknown>): void {
    for (const side of ["Minimum", "Maximum"]) {
      const [plainBound, bound] = [fields[side.toLowerCase()], fields[`exclusive${side}`]];
      if (typeof bound === "number") schema[`exclusive${side}`] = bound;
      if (bound === true && typeof plainBound === "number") schema[`exclusive${side}`] = plainBound;
    }
  }

  #addItems(
    child: (keyword: string) => Located | undefined,
    schema: Record<string, unknown>,
  ): void {
    const items = child("items");
    if (items === undefined) return;
    if (!Array.isArray(items.value)) {
      schema.items = this.#schema(items);
      return;
    }
    schema.prefixItems = this.#list(items);
    const more = child("additionalItems");
    if (more !== undefined) schema.items = this.#schema(more);
  }

  #addDependencies({ file, value }: Located, schema: Record<string, unknown>): void {
    for (const [name, each] of Object.entries(fieldsOf(fieldsOf(value).dependencies))) {
      const keyword = Array.isArray(each) ? "dependentRequired" : "dependentSchemas";
      const content = Array.isArray(each) ? each : this.#schema({ file, value: each });
      schema[keyword] = { ...fieldsOf(schema[keyword]), [name]: content };
    }
  }
}
