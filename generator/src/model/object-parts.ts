import { type DocumentNode, own } from "../document/node.js";

/** What a schema and the members of its `allOf` say together about an object. */
export class ObjectParts {
  /** The schemas of each property; none for one that is only required. */
  readonly properties = new Map<string, DocumentNode[]>();
  readonly required = new Set<string>();
  /** The schemas of properties that are not listed. */
  readonly others: DocumentNode[] = [];
  /** Whether properties that are not listed are forbidden. */
  closed = false;
  /** Whether anything says that it is an object. */
  isObject = false;

  /** Parts that are there already: `allOf` may lead to one by exponentially many ways. */
  readonly #added = new Set<string>();

  private constructor() {}

  /**
   * Collects the parts.
   *
   * @param schema A schema, references followed.
   * @param withAllOf Whether the members of its `allOf` are parts as well.
   * @returns Undefined when one of the parts is more than a plain object.
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
        message:
          "The schema's `allOf` contains the schema itself, so that no value can be described.",
        fix: "Take the reference out of `allOf`.",
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
 * A base often lists what is made of it as its options, and each of those names the base in its `allOf`:
 * seen from one of them, the options say nothing new.
 */
function hasOtherOptions(schema: DocumentNode, open: ReadonlySet<string>): boolean {
  const options = ["oneOf", "anyOf"].flatMap((key) => schema.get(key)?.children ?? []);
  return options.length > 0 && !options.some((option) => open.has(option.target.id));
}
