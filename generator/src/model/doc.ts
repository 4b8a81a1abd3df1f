import { type DocumentNode, own } from "../document/node.js";
import type { Doc } from "./sdk.js";

/** An empty comment. */
export const noDoc: Doc = { text: undefined, notes: [], examples: [], deprecated: false };

/** The summary and description of the first node that has one, else its title. */
export function describe(...nodes: readonly (DocumentNode | undefined)[]): string | undefined {
  for (const node of nodes) {
    const [summary, description] = [node?.text("summary"), node?.text("description")];
    const isPart = summary !== undefined && description?.includes(summary.replace(/\.$/, ""));
    const text =
      summary === undefined || isPart
        ? description
        : [summary, ...(description === undefined ? [] : [description])].join("\n\n");
    if (text !== undefined) return text;
    const title = node?.text("title");
    if (title !== undefined) return title;
  }
  return undefined;
}

/** The doc comment of an operation or a channel. */
export function docOf(...nodes: readonly (DocumentNode | undefined)[]): Doc {
  const deprecated = nodes.some((node) => node?.beside("deprecated") === true);
  return { ...noDoc, text: describe(...nodes), deprecated };
}

/**
 * The doc comment of a schema: its description, constraints that its type does not express, and its
 * examples.
 *
 * @param node The schema; for a reference, only the properties next to it, because its target is
 * described elsewhere.
 */
export function docOfSchema(node: DocumentNode): Doc {
  const { value } = node;
  if (node.ref !== undefined) {
    const text = own(value, "description");
    const deprecated = own(value, "deprecated") === true;
    return { ...noDoc, text: typeof text === "string" ? text : undefined, deprecated };
  }
  const examples = own(value, "examples");
  const example = own(value, "example");
  return {
    text: node.text("description") ?? node.text("title"),
    notes: constraints(value),
    examples: [
      ...(example === undefined ? [] : [example]),
      ...(Array.isArray(examples) ? examples : []),
    ],
    deprecated: node.beside("deprecated") === true,
    ...(typeof value === "object" && value !== null && { schema: value }),
  };
}

const bounds: readonly (readonly [keyword: string, sentence: (value: string) => string])[] = [
  ["format", (value) => `Format: ${code(value)}.`],
  ["pattern", (value) => `Pattern: ${code(value)}.`],
  ["contentEncoding", (value) => `Encoding: ${code(value)}.`],
  ["contentMediaType", (value) => `Content: ${code(value)}.`],
  ["minLength", (value) => `At least ${count(value, "character")}.`],
  ["maxLength", (value) => `At most ${count(value, "character")}.`],
  ["minimum", (value) => `At least ${value}.`],
  ["maximum", (value) => `At most ${value}.`],
  ["exclusiveMinimum", (value) => `More than ${value}.`],
  ["exclusiveMaximum", (value) => `Less than ${value}.`],
  ["multipleOf", (value) => `A multiple of ${value}.`],
  ["minItems", (value) => `At least ${count(value, "item")}.`],
  ["maxItems", (value) => `At most ${count(value, "item")}.`],
  ["minProperties", (value) => `At least ${count(value, "property", "properties")}.`],
  ["maxProperties", (value) => `At most ${count(value, "property", "properties")}.`],
  ["default", (value) => `Default: ${code(value)}.`],
];

function constraints(schema: unknown): readonly string[] {
  const notes = bounds.flatMap(([keyword, sentence]) => {
    const value = own(schema, keyword);
    if (typeof value === "string" && keyword !== "default") return [sentence(value)];
    if (typeof value === "number") return [sentence(String(value))];
    return keyword === "default" && value !== undefined ? [sentence(JSON.stringify(value))] : [];
  });
  if (own(schema, "type") === "integer") notes.unshift("An integer.");
  if (own(schema, "uniqueItems") === true) notes.push("No item twice.");
  if (own(schema, "readOnly") === true) notes.push("Read only.");
  if (own(schema, "writeOnly") === true) notes.push("Write only.");
  return notes;
}

function count(number: string, one: string, many = `${one}s`): string {
  return `${number} ${number === "1" ? one : many}`;
}

/** Formats any text as Markdown code. */
function code(text: string): string {
  const fence = text.includes("`") ? "``" : "`";
  const space = fence.length > 1 ? " " : "";
  return `${fence}${space}${text}${space}${fence}`;
}
