import { type DocumentNode, own } from "../document/node.js";
import { isSlowPattern } from "../document/slow-pattern.js";
import type { Int64Form } from "../generate-options.js";
import { discriminatingProperty } from "./discriminator.js";
import { isBinary } from "./encodings.js";
import { isBeyondNumbers, isInteger } from "./integers.js";
import { linearPattern } from "./linear-pattern.js";
import { ObjectParts } from "./object-parts.js";
import {
  narrowedValues,
  type SchemaDiscriminator,
  schemaDiscriminatorOf,
} from "./schema-discriminator.js";
import { saysNull } from "./schema-keywords.js";

/** A schema of JSON Schema draft-07. */
export type JsonSchema = boolean | { [keyword: string]: unknown };

/** Number of characters for which patterns that double their time with each are fast. */
const SHORT_TEXT_LENGTH = 20;

/** Context for reading a schema. */
export interface Reading {
  /** The current schema, references followed. */
  readonly owner: DocumentNode;
  /**
   * `true` if it is read as part of one of its own alternatives. Its list of alternatives then adds
   * nothing.
   */
  readonly asBase: boolean;
  /** Type of an integer beyond 2^53. */
  readonly int64: Int64Form;
  /** `true` if payloads may contain bytes. */
  readonly hasBytes: boolean;
  /** @returns The name of another schema; always the same for the same schema. */
  readonly refer: (target: DocumentNode, asBase: boolean) => string;
  /** Patterns to run in linear time, with their form for RE2; filled by reading. */
  readonly linear: Map<string, string>;
}

/** Keywords whose values are copied. */
const plain =
  "type enum const multipleOf maximum minimum maxLength minLength maxItems minItems uniqueItems maxProperties minProperties required format".split(
    " ",
  );

/** Keyword for bytes, or null if it is `true`. */
export const BYTES = "bytes";

/** Keyword that refuses an integer which may have been rounded. */
export const SAFE_INTEGER = "integer:safe";

/** Start of the keywords that apply to numbers and bigints. */
export const INTEGER = "integer:";

/** Keywords that have a variant for numbers and bigints. */
export const integerKeywords: readonly string[] =
  "type minimum maximum exclusiveMinimum exclusiveMaximum multipleOf".split(" ");

/** Keywords whose schema applies to other values than the schema itself. */
const inner = ["additionalProperties", "additionalItems", "contains", "propertyNames"];

/** Keywords whose schemas apply to the same value as the schema itself. */
const samePlace = ["not", "if", "then", "else"];
const samePlaceLists = ["allOf", "anyOf", "oneOf"];

/**
 * Converts a schema of the document to a self-contained JSON Schema of draft-07. References become
 * the names of the context, keywords of OpenAPI and other drafts become those of draft-07, and
 * keywords without a check are removed.
 *
 * @param node The schema, or a reference to one.
 * @param isSamePlace `true` if it applies to the same value as the current schema.
 */
export function schemaOf(node: DocumentNode, reading: Reading, isSamePlace: boolean): JsonSchema {
  if (node.ref !== undefined && node !== reading.owner) {
    const { target } = node;
    if (target.ref !== undefined) return true;
    const circular = isSamePlace && leadsTo(target, reading.owner.id, allLists);
    return { $ref: reading.refer(target, circular) };
  }
  const { value } = node;
  if (typeof value === "boolean") return value;
  if (typeof value !== "object" || value === null) return true;
  if (reading.hasBytes && isBinary(node)) {
    return { [BYTES]: saysNull(node) };
  }
  const schema: [keyword: string, value: unknown][] = [];
  for (const keyword of plain) {
    if (own(value, keyword) !== undefined) schema.push([keyword, own(value, keyword)]);
  }
  schema.push(...bounds(value));
  const exact = exactIntegers(node, schema, reading);
  schema.splice(0, schema.length, ...exact, ...pattern(node, reading), ...items(node, reading));
  for (const keyword of inner) {
    const child = node.get(keyword);
    if (child !== undefined) schema.push([keyword, schemaOf(child, reading, false)]);
  }
  for (const keyword of samePlace) {
    const child = node.get(keyword);
    if (child !== undefined) schema.push([keyword, schemaOf(child, reading, isSamePlace)]);
  }
  const all: JsonSchema[] = [];
  for (const keyword of samePlaceLists) {
    const list = node.get(keyword)?.children ?? [];
    const isLeft = keyword !== "allOf" && isSamePlace && leadsBack(list, reading);
    if (list.length === 0 || isLeft) continue;
    const told =
      keyword === "allOf"
        ? undefined
        : oneByValue(list, schemaDiscriminatorOf(node), reading, isSamePlace);
    if (told !== undefined) all.push(...told);
    else {
      const members = list.map((each) => alternative(each, node, reading, isSamePlace));
      if (keyword === "allOf") all.push(...members);
      else schema.push([keyword, members]);
    }
  }
  if (all.length > 0) schema.push(["allOf", all]);
  schema.push(...properties(node, reading));
  schema.push(...dependencies(node, reading));
  const written = Object.fromEntries(schema);
  return own(value, "nullable") === true ? { anyOf: [{ type: "null" }, written] } : written;
}

/**
 * Converts an alternative. If only the discriminator distinguishes it, the result requires its
 * value.
 */
function alternative(
  member: DocumentNode,
  parent: DocumentNode,
  reading: Reading,
  isSamePlace: boolean,
): JsonSchema {
  const schema = schemaOf(member, reading, isSamePlace);
  const discriminator = schemaDiscriminatorOf(parent);
  if (discriminator === undefined) return schema;
  const { property, valuesFor } = discriminator;
  const own = member.get("properties")?.get(property);
  const parts = ObjectParts.of(member.target, true)?.properties.get(property);
  const schemas = parts ?? (own === undefined ? [] : [own]);
  const values = narrowedValues(valuesFor(member), schemas);
  if (values.length === 0) return schema;
  // In first position, so that other alternatives are rejected immediately.
  return { allOf: [{ properties: Object.fromEntries([[property, { enum: values }]]) }, schema] };
}

/**
 * Alternatives that are distinguished by a property's value: only the matching one is checked, so
 * that errors describe that one.
 */
function oneByValue(
  list: readonly DocumentNode[],
  discriminator: SchemaDiscriminator | undefined,
  reading: Reading,
  isSamePlace: boolean,
): readonly JsonSchema[] | undefined {
  const told = discriminatingProperty(list, discriminator);
  if (told === undefined) return undefined;
  const { name, values } = told;
  const having = (all: readonly unknown[]) => ({
    properties: Object.fromEntries([[name, { enum: all }]]),
  });
  return [
    { type: "object", required: [name], ...having(values.flat()) },
    ...list.map((each, i) => ({
      if: having(values[i] ?? []),
      // biome-ignore lint/suspicious/noThenProperty: the keyword's name.
      then: schemaOf(each, reading, isSamePlace),
    })),
  ];
}

const options = ["anyOf", "oneOf"];
const allLists = [...samePlaceLists, ...samePlace];

/** Checks if alternatives contain the schema itself, and therefore add nothing. */
function leadsBack(list: readonly DocumentNode[], { owner, asBase }: Reading): boolean {
  return list.some((each) => leadsTo(each.target, owner.id, asBase ? allLists : options));
}

/** Checks if a schema contains another for the same value. */
function leadsTo(from: DocumentNode, id: string, keywords: readonly string[]): boolean {
  const seen = new Set<string>();
  const open = [from];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { target } = next;
    if (target.id === id) return true;
    if (seen.has(target.id)) continue;
    seen.add(target.id);
    for (const keyword of keywords) {
      const child = target.get(keyword);
      if (child === undefined) continue;
      open.push(...(Array.isArray(child.value) ? child.children : [child]));
    }
  }
  return false;
}

/**
 * Converts the keywords of integers. Where a number would be rounded, either it is refused, or the keywords
 * are those for bigints.
 */
function exactIntegers(
  node: DocumentNode,
  keywords: readonly [keyword: string, value: unknown][],
  { int64 }: Reading,
): readonly [keyword: string, value: unknown][] {
  const types = [own(node.value, "type")].flat();
  if (!types.some((each) => isInteger(each, node))) return keywords;
  if (types.some((each) => each === "number" && !isInteger(each, node))) return keywords;
  if (int64 === "number" || !isBeyondNumbers(node)) return [...keywords, [SAFE_INTEGER, true]];
  return keywords.flatMap(([keyword, value]): [string, unknown][] => {
    // The document's numbers are rounded.
    if (keyword === "enum" || keyword === "const") return [];
    const isOwn = integerKeywords.includes(keyword);
    return [isOwn ? [INTEGER + keyword, keyword === "type" ? types : value] : [keyword, value]];
  });
}

/** Converts bounds. In draft-04 and OpenAPI 3.0, `true` means that the bound itself is excluded. */
function bounds(value: object): [keyword: string, value: unknown][] {
  return [
    ["exclusiveMinimum", "minimum"],
    ["exclusiveMaximum", "maximum"],
  ].flatMap(([exclusive = "", inclusive = ""]): [string, unknown][] => {
    const bound = own(value, exclusive) === true ? own(value, inclusive) : own(value, exclusive);
    return typeof bound === "number" ? [[exclusive, bound]] : [];
  });
}

function pattern(node: DocumentNode, { linear }: Reading): [keyword: string, value: unknown][] {
  const text = own(node.value, "pattern");
  if (typeof text !== "string") return [];
  if (isPattern(text)) {
    if (!hasFewCharacters(node)) findLinear(node.get("pattern"), text, linear);
    return [["pattern", text]];
  }
  node.get("pattern")?.warn({
    code: "unfit-pattern",
    message: `\`${text}\` is not a regular expression of JavaScript; it is not checked.`,
    fix: "Write it as a regular expression of ECMA-262.",
  });
  return [];
}

/** Checks for a small maximum length, which is checked before a pattern. */
function hasFewCharacters({ value }: DocumentNode): boolean {
  const length = own(value, "maxLength");
  return typeof length === "number" && length <= SHORT_TEXT_LENGTH;
}

/** Finds the form in linear time of a pattern that may take exponential time. */
function findLinear(
  node: DocumentNode | undefined,
  pattern: string,
  linear: Map<string, string>,
): void {
  if (!isSlowPattern(pattern)) return;
  const text = linearPattern(pattern);
  const rewrite = `Write it with one way to match each text, as \`a+\` instead of \`(a+)+\`. Or add a \`maxLength\` of at most ${SHORT_TEXT_LENGTH}, which is checked first.`;
  if (text === undefined) {
    node?.error({
      code: "slow-pattern",
      message: `\`${pattern}\` may take exponential time: one message can block the program. It cannot run in linear time either, because RE2 lacks a part of it, for example a look around or a backreference.`,
      fix: rewrite,
    });
    return;
  }
  linear.set(pattern, text);
  node?.warn({
    code: "slow-pattern",
    message: `\`${pattern}\` may take exponential time as a regular expression of JavaScript. The SDK runs it in linear time with the package \`re2js\`, which the program has to install.`,
    fix: rewrite,
  });
}

function isPattern(text: string): boolean {
  return ["u", ""].some((flags) => {
    try {
      new RegExp(text, flags);
      return true;
    } catch {
      return false;
    }
  });
}

/** Converts tuples of any draft to draft-07. */
function items(node: DocumentNode, reading: Reading): [keyword: string, value: unknown][] {
  const own = node.get("items");
  const prefix = node.get("prefixItems");
  const rest = own === undefined ? [] : [schemaOf(own, reading, false)];
  if (prefix === undefined) {
    if (!Array.isArray(own?.value)) return rest.map((schema) => ["items", schema]);
    return [["items", own.children.map((each) => schemaOf(each, reading, false))]];
  }
  return [
    ["items", prefix.children.map((each) => schemaOf(each, reading, false))],
    ...rest.map((schema): [string, unknown] => ["additionalItems", schema]),
  ];
}

/** Combines `dependentRequired` and `dependentSchemas`, which were one keyword before. */
function dependencies(node: DocumentNode, reading: Reading): [keyword: string, value: unknown][] {
  const all = ["dependencies", "dependentRequired", "dependentSchemas"].flatMap((keyword) =>
    (node.get(keyword)?.children ?? []).map((each): [string, unknown] => [
      each.key,
      Array.isArray(each.value) ? each.value : schemaOf(each, reading, false),
    ]),
  );
  return all.length === 0 ? [] : [["dependencies", Object.fromEntries(all)]];
}

function properties(node: DocumentNode, reading: Reading): [keyword: string, value: unknown][] {
  const named = node.get("properties")?.children ?? [];
  const matched = node.get("patternProperties")?.children ?? [];
  for (const each of matched) {
    if (isPattern(each.key)) findLinear(each, each.key, reading.linear);
  }
  // ajv ignores this name, even as a pattern.
  const isOdd = ({ key }: DocumentNode): boolean => key === "__proto__";
  const odd = named.filter(isOdd).map((each): [string, DocumentNode] => ["^__proto__$", each]);
  const patterns = matched.map((each): [string, DocumentNode] => [
    isOdd(each) ? "(?:__proto__)" : each.key,
    each,
  ]);
  const lists = {
    properties: named.filter((each) => !isOdd(each)).map((each) => [each.key, each] as const),
    patternProperties: [...odd, ...patterns],
  };
  return Object.entries(lists).flatMap(([keyword, list]): [string, unknown][] => {
    if (list.length === 0) return [];
    const parts = list.map(([name, each]) => [name, schemaOf(each, reading, false)] as const);
    return [[keyword, Object.fromEntries(parts)]];
  });
}
