import { type DocumentNode, own } from "../document/node.js";
import { contextOf, folderOf, homeOf, joined } from "./type-names.js";
import { pascalCase, words } from "./words.js";

/** A name that the document gives to a schema. */
export interface GivenName {
  readonly words: readonly string[];
  /** `true` for a title, which scalar types may have without needing a name. */
  readonly weak: boolean;
  /** `true` for a name that never changes: a component's key, or `x-alternats-name`. */
  readonly isFixed?: boolean;
  /** `true` for a schema of another file that has a name there. */
  readonly isOutside?: boolean;
  /** `true` for a definition within another schema. */
  readonly isDefinition?: boolean;
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
  for (const [i, name] of strong.entries()) {
    if (name === undefined || !usable(name)) continue;
    const isOwn = isMain && path.length === 3 && path[0] === "components";
    const isPlaced = i === 1 || i === 3;
    return {
      words: words(name),
      weak: false,
      isFixed: i === 0 || (i === 1 && isOwn),
      isOutside: isPlaced && !isMain,
      isDefinition: i === 1,
    };
  }
  if (title === undefined || !usable(title) || repeatsKey(target, title)) return undefined;
  return { words: words(title), weak: true };
}

/** Checks for a title that repeats the name of its property, as programs write it. */
function repeatsKey({ path, key }: DocumentNode, title: string): boolean {
  const plain = (name: string): string => words(name).join("").toLowerCase();
  return path.at(-2) === "properties" && plain(title) === plain(key);
}

/** Schema that needs a name, with its surroundings. */
export interface NamePlace {
  /** The schema, references followed. */
  readonly target: DocumentNode;
  /** The name that the document gives to it. */
  readonly given: GivenName | undefined;
  /** Words of the type or message that contains it. */
  readonly owner: readonly string[];
  /** Words of the place that contains it. */
  readonly hint: readonly string[];
}

/** Possible names of a schema, the shortest first. Each longer one tells more about its place. */
export function candidateNames({
  target,
  given,
  owner,
  hint,
}: NamePlace): readonly (readonly string[])[] {
  const context = contextOf(target);
  if (given === undefined) {
    return different([hint, joined(context, hint), [...hint, "Type"]]);
  }
  const { words: own, isOutside, isFixed, isDefinition } = given;
  if (isFixed) return [own];
  const folder = folderOf(target);
  if (isOutside) {
    const inFile = joined(context, own);
    return different([own, inFile, joined(folder, own), joined(folder, inFile)]);
  }
  const inOwner = joined(isDefinition ? homeOf(target) : owner, own);
  return different([own, inOwner, joined(hint, own), joined(context, inOwner), [...own, "Type"]]);
}

/** Removes names that are equal to an earlier one. */
function different(all: readonly (readonly string[])[]): readonly (readonly string[])[] {
  const names = all.map(pascalCase);
  return all.filter((_, i) => names.indexOf(names[i] ?? "") === i);
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
