import { type DocumentNode, own } from "../document/node.js";
import { words } from "./words.js";

/** A name that the document gives to a schema. */
export interface GivenName {
  readonly words: readonly string[];
  /** `true` for a title, which scalar types may have without needing a name. */
  readonly weak: boolean;
}

const collections = new Set(["schemas", "definitions", "$defs"]);

/**
 * The name of a schema: its component key, `$id`, `title` or file name, in that order.
 *
 * @param schema The schema, or a reference to one.
 */
export function givenName(schema: DocumentNode): GivenName | undefined {
  const { target } = schema;
  const { path, file } = target;
  const own = target.text("x-alternats-name");
  const isMain = file === target.document.main;
  const isReferred = schema.ref !== undefined;
  const isComponent =
    collections.has(path.at(-2) ?? "") || (!isMain && isReferred && path.length === 1);
  const title = target.text("title");
  const strong = [
    own,
    isComponent ? target.key : undefined,
    lastStep(target.text("$id")),
    isMain || path.length > 0 ? undefined : (title ?? lastStep(file.path)),
  ];
  for (const name of strong) {
    if (name !== undefined && usable(name)) return { words: words(name), weak: false };
  }
  return title !== undefined && usable(title) ? { words: words(title), weak: true } : undefined;
}

/** Checks if a title can be a name: it can also be a whole sentence. */
function usable(name: string): boolean {
  const { length } = words(name).join("");
  return length > 0 && length <= 80;
}

/** `https://example.com/schemas/Player.json` → `Player`. */
function lastStep(address: string | undefined): string | undefined {
  const step = address
    ?.replace(/[#?].*$/, "")
    .split(/[/:]/)
    .findLast((part) => part !== "");
  return step?.replace(/\.(?:schema|json|ya?ml|avsc|asyncapi)\b.*$/i, "");
}

/** Words for a member of a union without a name: its distinguishing value, else its number. */
export function optionName(member: DocumentNode, index: number, count: number): readonly string[] {
  for (const property of member.get("properties")?.children ?? []) {
    const { value } = property.target;
    const values = own(value, "enum");
    const only =
      own(value, "const") ?? (Array.isArray(values) && values.length === 1 ? values[0] : undefined);
    if (typeof only === "string" && words(only).length > 0) return words(only);
  }
  return count === 1 ? [] : ["Option", String(index + 1)];
}
