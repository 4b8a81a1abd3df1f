import fc from "fast-check";
import { type Document, fieldsOf, type Located } from "./document.js";

/** The variants that are made of a schema: each takes other branches, and half have all properties. */
const VARIANTS = 8;

/** Below this, only what is required is made: circular schemas end. */
const DEEP = 4;

/** A schema with what it is composed of laid together. Each property may have several schemas. */
interface Flat {
  readonly all: readonly Located[];
  readonly fields: Readonly<Record<string, unknown>>;
  readonly properties: ReadonlyMap<string, readonly Located[]>;
  readonly required: ReadonlySet<string>;
}

/**
 * Makes values that fit a schema, by the words of JSON Schema and of nothing else.
 *
 * @param schema Left out, anything fits.
 * @returns Values that differ from each other.
 */
export function examplesOf(document: Document, schema: Located | undefined): readonly unknown[] {
  const maker = new ExampleMaker(document);
  const made = Array.from({ length: VARIANTS }, (_, variant) =>
    schema === undefined ? anything(variant) : maker.make([schema], variant, 0),
  );
  return [...new Map(made.map((value) => [JSON.stringify(value), value])).values()];
}

class ExampleMaker {
  readonly #document: Document;

  constructor(document: Document) {
    this.#document = document;
  }

  make(schemas: readonly Located[], variant: number, depth: number): unknown {
    // Turned with the depth: what always takes the branch that leads to itself never ends.
    const flat = this.#flatten(schemas, (variant >> 1) + depth);
    const { fields } = flat;
    if ("const" in fields) return fields.const;
    const allowed = allowedBy(flat);
    if (allowed !== undefined) return allowed[variant % allowed.length];
    const type = typeOf(flat, variant);
    switch (type) {
      case "object":
        return this.#object(flat, variant, depth);
      case "array":
        return this.#array(flat, variant, depth);
      case "string":
        return text(fields, variant);
      case "integer":
      case "number":
        return number(fields, variant, type === "integer");
      case "boolean":
        return variant % 2 === 0;
      case "null":
        return null;
      default:
        return anything(variant);
    }
  }

  #object(flat: Flat, variant: number, depth: number): object {
    const { properties, required, fields } = flat;
    const wanted = new Set(required);
    if (variant % 2 === 0 && depth < DEEP) for (const name of properties.keys()) wanted.add(name);
    const made: [name: string, value: unknown][] = [];
    for (const name of wanted) {
      const schemas = properties.get(name) ?? [];
      if (schemas.some(({ value }) => value === false)) continue;
      made.push([
        name,
        schemas.length === 0 ? anything(variant) : this.make(schemas, variant, depth + 1),
      ]);
    }
    if (variant % 2 === 0 && depth < DEEP) made.push(...this.#others(flat, variant, depth));
    for (let n = made.length; n < Number(fields.minProperties ?? 0); n++) {
      made.push([`other${n}`, this.#other(flat, variant, depth)]);
    }
    return Object.fromEntries(made);
  }

  /** Properties that `patternProperties` and a typed `additionalProperties` allow. */
  #others(flat: Flat, variant: number, depth: number): readonly [string, unknown][] {
    const made: [string, unknown][] = [];
    for (const schema of flat.all) {
      for (const [pattern, value] of this.#document.children(
        this.#document.get(schema, "patternProperties"),
      )) {
        made.push([matching(pattern, variant), this.make([value], variant, depth + 1)]);
      }
    }
    const [more] = flat.all.flatMap(
      (each) => this.#document.get(each, "additionalProperties") ?? [],
    );
    if (typeof more?.value === "object" && made.length === 0) {
      made.push(["a key", this.make([more], variant, depth + 1)]);
    }
    return made.filter(([name]) => !flat.properties.has(name));
  }

  #other(flat: Flat, variant: number, depth: number): unknown {
    const [more] = flat.all.flatMap(
      (each) => this.#document.get(each, "additionalProperties") ?? [],
    );
    return typeof more?.value === "object"
      ? this.make([more], variant, depth + 1)
      : anything(variant);
  }

  #array(flat: Flat, variant: number, depth: number): readonly unknown[] {
    const { fields, all } = flat;
    const items = all.flatMap((each) => this.#document.get(each, "items") ?? []);
    const tuple = all.flatMap(
      (each) =>
        this.#document.get(each, "prefixItems") ??
        items.filter(({ value }) => Array.isArray(value)),
    )[0];
    const places = this.#document.children(tuple).map(([, place]) => place);
    const made = places.map((place) => this.make([place], variant, depth + 1));
    const rest = Array.isArray(items[0]?.value)
      ? all.flatMap((each) => this.#document.get(each, "additionalItems") ?? [])[0]
      : items[0];
    const least = Number(fields.minItems ?? 0);
    const most = Number(fields.maxItems ?? Number.POSITIVE_INFINITY);
    const wanted = variant % 2 === 0 && depth < DEEP ? places.length + 2 : 0;
    const length = Math.min(Math.max(least, wanted), most);
    while (made.length < length && rest?.value !== false) {
      const other = variant + 2 * made.length;
      made.push(rest === undefined ? anything(other) : this.make([rest], other, depth + 1));
    }
    if (fields.uniqueItems !== true) return made;
    return [...new Map(made.map((item) => [JSON.stringify(item), item])).values()];
  }

  /** Lays `allOf` and one branch of each `oneOf` and `anyOf` together. */
  #flatten(schemas: readonly Located[], choose: number): Flat {
    const all: Located[] = [];
    const seen = new Set<unknown>();
    const implied = new Map<string, readonly Located[]>();
    const add = (schema: Located): void => {
      const here = this.#document.follow(schema);
      if (seen.has(here.value)) return;
      if (typeof here.value === "object") seen.add(here.value);
      all.push(here);
      for (const [, part] of this.#document.children(this.#document.get(here, "allOf"))) add(part);
      for (const choice of ["oneOf", "anyOf"]) {
        const branches = fieldsOf(here.value)[choice];
        if (!Array.isArray(branches) || branches.length === 0) continue;
        const branch = branches[choose % branches.length];
        add({ file: here.file, value: branch });
        const tag = discriminated(here.value, branch);
        if (tag !== undefined) implied.set(tag.name, [{ file: here.file, value: tag.schema }]);
      }
    };
    for (const schema of schemas) add(schema);
    const properties = new Map<string, readonly Located[]>();
    const required = new Set<string>();
    for (const schema of all) {
      for (const [name, value] of this.#document.children(
        this.#document.get(schema, "properties"),
      )) {
        properties.set(name, [...(properties.get(name) ?? []), value]);
      }
      const names = fieldsOf(schema.value).required;
      if (Array.isArray(names)) for (const name of names) required.add(String(name));
    }
    for (const [name, schemas] of implied) {
      required.add(name);
      const own = (properties.get(name) ?? []).map(({ value }) => fieldsOf(value));
      if (!own.some((fields) => "const" in fields || "enum" in fields)) {
        properties.set(name, schemas);
      }
    }
    const fields = Object.assign({}, ...all.map(({ value }) => fieldsOf(value)));
    return { all, fields, properties, required };
  }
}

/** Value of a discriminator for a branch: the one that OpenAPI maps, or the schema's name. */
function discriminated(
  schema: unknown,
  branch: unknown,
): { readonly name: string; readonly schema: object } | undefined {
  const { discriminator } = fieldsOf(schema);
  const ref = fieldsOf(branch).$ref;
  if (discriminator === undefined || typeof ref !== "string") return undefined;
  const { propertyName = discriminator, mapping } = fieldsOf(discriminator);
  const mapped = Object.entries(fieldsOf(mapping)).find(([, target]) => target === ref);
  const value = mapped?.[0] ?? ref.split("/").at(-1);
  return { name: String(propertyName), schema: { const: value } };
}

/** Values that every `enum` allows. If they contradict each other, there are none. */
function allowedBy({ all }: Flat): readonly unknown[] | undefined {
  const lists = all.map(({ value }) => fieldsOf(value).enum).filter(Array.isArray);
  const [first, ...others] = lists as readonly (readonly unknown[])[];
  const common = first?.filter((value) => others.every((list) => list.includes(value)));
  return common?.length === 0 ? lists.at(-1) : common;
}

function typeOf({ fields, properties, required }: Flat, variant: number): string | undefined {
  const { type } = fields;
  const types = Array.isArray(type) ? type : type === undefined ? [] : [type];
  const nullable = fields.nullable === true || fields["x-nullable"] === true;
  const all = nullable ? [...types, "null"] : types;
  // The variants turn fast here and slowly where branches are chosen: all pairs are met.
  if (all.length > 0 && !(types.length === 0 && nullable)) return all[variant % all.length];
  if (properties.size > 0 || required.size > 0) return "object";
  if ("additionalProperties" in fields || "patternProperties" in fields) return "object";
  if ("items" in fields || "prefixItems" in fields) return "array";
  if ("pattern" in fields || "minLength" in fields || "format" in fields) return "string";
  if ("minimum" in fields || "maximum" in fields || "multipleOf" in fields) return "number";
  return undefined;
}

const formats: { readonly [format: string]: string } = {
  "date-time": "2024-02-29T12:34:56.789Z",
  date: "2024-02-29",
  time: "12:34:56Z",
  duration: "PT1H",
  uuid: "3e4666bf-d5e5-4aa7-b8ce-cefe41c7568a",
  uri: "https://example.com/a?b=c",
  url: "https://example.com/",
  email: "a@example.com",
  ipv4: "127.0.0.1",
  ipv6: "::1",
  hostname: "example.com",
};

/** Text that every encoding has to get right: quotes, escapes, two, three and four bytes. */
const texts = ["plain", 'a "quoted" \\ text', "", "grüße\n\t\u0001", "日本 🎮", "</script>"];

function text(fields: Readonly<Record<string, unknown>>, variant: number): string {
  const { pattern, format } = fields;
  if (typeof pattern === "string") return matching(pattern, variant, fields);
  const fixed = typeof format === "string" ? formats[format] : undefined;
  if (fixed !== undefined) return fixed;
  const least = Number(fields.minLength ?? 0);
  const most = Number(fields.maxLength ?? Number.POSITIVE_INFINITY);
  const value = texts[variant % texts.length] ?? "";
  return [...value.padEnd(least, "x")].slice(0, most).join("");
}

const arbitraries = new Map<string, fc.Arbitrary<string>>();

function matching(
  pattern: string,
  variant: number,
  fields: Readonly<Record<string, unknown>> = {},
): string {
  const least = Number(fields.minLength ?? 0);
  const most = Number(fields.maxLength ?? Number.POSITIVE_INFINITY);
  let arbitrary = arbitraries.get(pattern);
  arbitrary ??= fc.stringMatching(new RegExp(pattern, "u"));
  arbitraries.set(pattern, arbitrary);
  const fitting = arbitrary.filter((value) => value.length >= least && value.length <= most);
  return fc.sample(fitting, { seed: variant, numRuns: 1 })[0] ?? "";
}

/** Numbers at the borders of what MessagePack writes in 1, 2, 3, 5 and 9 bytes. */
const integers = [1, 0, -1, 127, 128, -33, 65_535, 2 ** 31, -(2 ** 31) - 1, 2 ** 40];

function number(
  fields: Readonly<Record<string, unknown>>,
  variant: number,
  integer: boolean,
): number {
  const bound = (name: string, exclusive: string, step: number): number => {
    const limit = fields[exclusive];
    const plain = Number(fields[name] ?? Number.NaN);
    if (typeof limit === "number") return limit + step;
    return limit === true ? plain + step : plain;
  };
  const step = integer ? 1 : 0.25;
  const least = bound("minimum", "exclusiveMinimum", step);
  const most = bound("maximum", "exclusiveMaximum", -step);
  let value = (integers[variant % integers.length] ?? 0) + (integer ? 0 : (variant % 4) * 0.25);
  if (value > most) value = most;
  if (value < least) value = least;
  const multiple = Number(fields.multipleOf ?? 0);
  return multiple > 0 ? Math.ceil(value / multiple) * multiple : value;
}

function anything(variant: number): unknown {
  const values = [{ any: ["thing", 1.5, null, { nested: true }] }, "text", [1, "two"], 42, null];
  return values[variant % values.length];
}
