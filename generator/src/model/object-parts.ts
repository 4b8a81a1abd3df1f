import { type DocumentNode, own } from "../document/node.js";

/** Combined description of an object by a schema and the members of its `allOf`. */
export class ObjectParts {
  /** The schemas of each property; an empty list for a property that is only required. */
  readonly properties = new Map<string, DocumentNode[]>();
  readonly required = new Set<string>();
  /** The schemas of other properties. */
  readonly others: DocumentNode[] = [];
  /** `true` if other properties are forbidden. */
  closed = false;
  /** `true` if a schema describes an object. */
  isObject = false;

  /** Parts that have been added: `allOf` may lead to one on exponentially many paths. */
  readonly #added = new Set<string>();

  private constructor() {}

  /**
   * Collects the parts.
   *
   * @param schema A schema, references followed.
   * @param withAllOf `true` to include the members of its `allOf`.
   * @returns Undefined if one of the parts is more than a plain object.
   */
  static of(schema: DocumentNode, withAllOf: boolean): ObjectParts | undefined {
    const parts = new ObjectParts();
    if (!parts.#add(schema, withAllOf, new Set())) return undefined;
    for (const name of parts.required) {
      if (!parts.properties.has(name)) parts.properties.set(name, []);
    }
    return parts;
  }

  #add(schema: DocumentNode, withAllOf: boolean, open: Set<string>): boolean {
    const { target } = schema;
    const { value } = target;
    if (value === true || this.#added.has(target.id)) return true;
    if (typeof value !== "object" || value === null) return false;
    if (open.has(target.id)) {
      target.error({
        code: "circular-allof",
        message: "The schema's `allOf` contains the schema itself, so it describes no value.",
        fix: "Remove the reference from `allOf`.",
      });
      return true;
    }
    if (open.size > 0 && (isMore(value) || hasOtherOptions(target, open))) return false;
    const type = own(value, "type");
    const single = Array.isArray(type) && type.length === 1 ? type[0] : type;
    if (open.size > 0 && single !== undefined && single !== "object") return false;
    if (own(value, "nullable") === true && open.size > 0) return false;
    if (withAllOf) {
      open.add(target.id);
      for (const part of target.get("allOf")?.children ?? []) {
        if (!this.#add(part, true, open)) return false;
      }
      open.delete(target.id);
    }
    this.#added.add(target.id);
    this.#addOwn(target, single);
    return true;
  }

  #addOwn(schema: DocumentNode, type: unknown): void {
    const properties = schema.get("properties");
    const patterns = schema.get("patternProperties");
    const additional = schema.get("additionalProperties");
    if (
      type === "object" ||
      properties !== undefined ||
      patterns !== undefined ||
      additional !== undefined
    ) {
      this.isObject = true;
    }
    for (const property of properties?.children ?? []) {
      const schemas = this.properties.get(property.key);
      if (schemas === undefined) this.properties.set(property.key, [property]);
      else schemas.push(property);
    }
    for (const name of schema.texts("required")) this.required.add(name);
    this.others.push(...(patterns?.children ?? []));
    if (additional?.target.value === false) this.closed = true;
    else if (additional !== undefined) this.others.push(additional);
  }
}

function isMore(schema: unknown): boolean {
  return own(schema, "enum") !== undefined || own(schema, "const") !== undefined;
}

/**
 * Checks for alternatives other than the open schemas. A base schema often lists its derived
 * schemas as alternatives, and each of those names the base in its `allOf`. From one of them, the
 * alternatives of the base add nothing.
 */
function hasOtherOptions(schema: DocumentNode, open: ReadonlySet<string>): boolean {
  const options = ["oneOf", "anyOf"].flatMap((key) => schema.get(key)?.children ?? []);
  return options.length > 0 && !options.some((option) => open.has(option.target.id));
}
