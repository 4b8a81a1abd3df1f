import { createHash } from "node:crypto";
import { type DocumentNode, own } from "../document/node.js";
import { givenName } from "../model/schema-names.js";
import { pascalCase } from "../model/words.js";

/** JSON's types, with numbers divided into integers and fractions. */
export type Atom = "string" | "boolean" | "null" | "array" | "object" | "integer" | "fraction";

const atoms: readonly Atom[] = [
  "string",
  "boolean",
  "null",
  "array",
  "object",
  "integer",
  "fraction",
];

const lowest = ["minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"];
const highest = ["maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"];
const exact = ["format", "pattern", "multipleOf", "contentEncoding", "contentMediaType"];

/** Keywords that are compared as a whole, because their parts cannot be compared separately. */
const opaque =
  "not if then else contains propertyNames patternProperties dependencies dependentRequired dependentSchemas unevaluatedItems unevaluatedProperties discriminator".split(
    " ",
  );

/**
 * The combined meaning of several schemas for a value, with `allOf` merged and references followed.
 */
export class SchemaView {
  /** The types that a value may have. */
  types: ReadonlySet<Atom> = new Set(atoms);
  /** The values that it may have, as JSON; undefined if they are not listed. */
  values: ReadonlySet<string> | undefined;
  readonly properties = new Map<string, DocumentNode[]>();
  readonly required = new Set<string>();
  /** `true` if other properties are forbidden. */
  closed = false;
  /** The schemas of other properties. */
  readonly others: DocumentNode[] = [];
  readonly items: DocumentNode[] = [];
  readonly tuple: DocumentNode[] = [];
  /** The members of `oneOf` and `anyOf`. */
  readonly options: DocumentNode[] = [];
  /** The largest of each lower bound. */
  readonly atLeast = new Map<string, number>();
  /** The smallest of each upper bound. */
  readonly atMost = new Map<string, number>();
  readonly exact = new Map<string, string>();
  readonly opaque = new Map<string, string>();

  /** @param schemas Schemas that all apply; an empty list allows any value. */
  constructor(schemas: readonly DocumentNode[]) {
    const seen = new Set<string>();
    for (const schema of schemas) this.#add(schema, seen);
    for (const name of this.required) {
      if (!this.properties.has(name)) this.properties.set(name, []);
    }
  }

  #add(schema: DocumentNode, seen: Set<string>): void {
    const { target } = schema;
    if (seen.has(target.id)) return;
    seen.add(target.id);
    const { value } = target;
    if (value === false) this.types = new Set();
    if (typeof value !== "object" || value === null) return;
    for (const part of target.get("allOf")?.children ?? []) this.#add(part, seen);
    this.#addTypes(target);
    this.#addObject(target);
    const items = target.get("items");
    const prefix = target.get("prefixItems") ?? (Array.isArray(items?.value) ? items : undefined);
    this.tuple.push(...(prefix?.children ?? []));
    if (items !== undefined && !Array.isArray(items.value)) this.items.push(items);
    for (const key of ["oneOf", "anyOf"]) {
      // An alternative that contains the schema itself adds nothing.
      const options = target.get(key)?.children ?? [];
      this.options.push(...options.filter((option) => !seen.has(option.target.id)));
    }
    this.#addBounds(target);
  }

  #addTypes(schema: DocumentNode): void {
    const { value } = schema;
    const type = own(value, "type");
    const listed = own(value, "const") === undefined ? own(value, "enum") : [own(value, "const")];
    let types = type === undefined ? impliedType(value) : new Set([type].flat().flatMap(atomsOf));
    if (types === undefined && Array.isArray(listed)) types = new Set(listed.map(atomOf));
    if (types !== undefined && own(value, "nullable") === true) types = types.add("null");
    if (types !== undefined)
      this.types = new Set([...this.types].filter((each) => types.has(each)));
    if (!Array.isArray(listed)) return;
    const values = new Set(listed.map((each) => JSON.stringify(each)));
    if (own(value, "nullable") === true) values.add("null");
    const before = this.values;
    this.values = before === undefined ? values : new Set([...values].filter((v) => before.has(v)));
  }

  #addObject(schema: DocumentNode): void {
    for (const property of schema.get("properties")?.children ?? []) {
      const known = this.properties.get(property.key);
      if (known === undefined) this.properties.set(property.key, [property]);
      else known.push(property);
    }
    for (const name of schema.texts("required")) this.required.add(name);
    const additional = schema.get("additionalProperties");
    if (additional?.target.value === false) this.closed = true;
    else if (additional !== undefined && additional.target.value !== true) {
      this.others.push(additional);
    }
  }

  #addBounds(schema: DocumentNode): void {
    for (const keyword of lowest) {
      const bound = boundOf(schema, keyword);
      const known = this.atLeast.get(keyword);
      if (bound !== undefined && (known ?? bound) <= bound) this.atLeast.set(keyword, bound);
    }
    for (const keyword of highest) {
      const bound = boundOf(schema, keyword);
      const known = this.atMost.get(keyword);
      if (bound !== undefined && (known ?? bound) >= bound) this.atMost.set(keyword, bound);
    }
    for (const keyword of exact) {
      const value = own(schema.value, keyword);
      if (value === undefined) continue;
      const known = this.exact.get(keyword);
      const text = typeof value === "string" ? value : JSON.stringify(value);
      if (known !== text) this.exact.set(keyword, known === undefined ? text : `${known} ${text}`);
    }
    if (own(schema.value, "uniqueItems") === true) this.exact.set("uniqueItems", "true");
    for (const keyword of opaque) {
      const node = schema.get(keyword);
      if (node === undefined) continue;
      this.opaque.set(keyword, `${this.opaque.get(keyword) ?? ""}${fingerprint(node)}`);
    }
  }
}

function atomsOf(type: unknown): readonly Atom[] {
  if (type === "number") return ["integer", "fraction"];
  return atoms.filter((atom) => atom === type);
}

function atomOf(value: unknown): Atom {
  if (value === null) return "null";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "fraction";
  if (Array.isArray(value)) return "array";
  return atoms.find((atom) => atom === typeof value) ?? "object";
}

/** Type of a schema without `type`, as the generator reads it. */
function impliedType(schema: unknown): Set<Atom> | undefined {
  const says = (...keys: readonly string[]): boolean =>
    keys.some((key) => own(schema, key) !== undefined);
  if (says("properties", "patternProperties", "additionalProperties")) return new Set(["object"]);
  return says("items", "prefixItems") ? new Set(["array"]) : undefined;
}

/** In draft-04, `true` means that the bound itself is excluded. */
function boundOf(schema: DocumentNode, keyword: string): number | undefined {
  const isExclusive = keyword.startsWith("exclusive");
  const beside = `exclusive${keyword.charAt(0).toUpperCase()}${keyword.slice(1)}`;
  if (!isExclusive && own(schema.value, beside) === true) return undefined;
  const value = own(schema.value, keyword);
  const bound =
    value === true && isExclusive
      ? own(schema.value, keyword === "exclusiveMinimum" ? "minimum" : "maximum")
      : value;
  return typeof bound === "number" ? bound : undefined;
}

/** Keywords with text for people, which has no effect on a program. */
const prose = new Set(["description", "summary", "title", "example", "examples", "deprecated"]);

/**
 * Text that is equal for equal content: references are followed, text for people is removed, and
 * the order of properties is ignored.
 */
export function fingerprint(node: DocumentNode): string {
  const known = new Map<string, string>();
  const of = (each: DocumentNode): string => {
    const { target } = each;
    const { id, value } = target;
    const before = known.get(id);
    if (before !== undefined) return before;
    if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "";
    // While its fingerprint is computed, a schema that contains itself is represented by its name.
    known.set(id, `<${target.key}>`);
    const children = target.children.filter(
      ({ key }) => Array.isArray(value) || !(prose.has(key) && !isNamed(target)),
    );
    const parts = children.map((child) => `${JSON.stringify(child.key)}:${of(child)}`);
    const text = `${Array.isArray(value) ? "[" : "{"}${(Array.isArray(value) ? parts : parts.sort()).join(",")}`;
    const sum = createHash("sha256").update(text).digest("base64");
    known.set(id, sum);
    return sum;
  };
  return of(node);
}

/** Checks if the keys of an object are chosen by the author. */
function isNamed({ key }: DocumentNode): boolean {
  return ["properties", "patternProperties", "definitions", "$defs"].includes(key);
}

/** The name that the document gives to a schema; undefined if it has only a title. */
export function nameOf(schema: DocumentNode | undefined): string | undefined {
  const given = schema === undefined ? undefined : givenName(schema);
  return given === undefined || given.weak ? undefined : pascalCase(given.words);
}
