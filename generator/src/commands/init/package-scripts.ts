import { isMap, isScalar, type Node, type Pair, parseDocument, type YAMLMap } from "yaml";

/** The scripts of a `package.json` by their names. */
export type Scripts = Readonly<Record<string, string>>;

/** A `package.json` cannot be read. */
export class PackageError extends Error {
  readonly code = "PACKAGE";

  constructor() {
    super("package.json is no JSON object with scripts. Correct it first.");
    this.name = "PackageError";
  }
}

/** Returns the text of a new `package.json`. */
export function newPackage(name: string, scripts: Scripts): string {
  const manifest = { name: name || "my-game", private: true, type: "module", scripts };
  return `${JSON.stringify(manifest, undefined, 2)}\n`;
}

/**
 * Adds scripts to a `package.json`, and keeps every other character.
 *
 * @returns The new text, the added scripts, and those that existed.
 * @throws PackageError
 */
export function addScripts(
  text: string,
  scripts: Scripts,
): { readonly text: string; readonly added: readonly string[]; readonly kept: readonly string[] } {
  const known = scriptsOf(text);
  const added = Object.keys(scripts).filter((name) => !known.includes(name));
  const kept = Object.keys(scripts).filter((name) => known.includes(name));
  if (added.length === 0) return { text, added, kept };
  // JSON is YAML, and the YAML parser gives the places of values.
  const root = parseDocument(text.replace(/^\uFEFF/, " ")).contents;
  if (!isMap<Node, Node>(root)) throw new PackageError();
  const newline = text.includes("\r\n") ? "\r\n" : "\n";
  const indent = /^[{[]\r?\n([ \t]+)/.exec(text.replace(/^\uFEFF/, ""))?.[1] ?? "  ";
  const lines = added.map((name) => `${JSON.stringify(name)}: ${JSON.stringify(scripts[name])}`);
  const own = root.items.find(({ key }) => isScalar(key) && key.value === "scripts")?.value;
  if (isMap<Node, Node>(own)) {
    return { text: insert(text, own, lines, indent.repeat(2), indent, newline), added, kept };
  }
  const inner = lines.map((line) => `${indent.repeat(2)}${line}`).join(`,${newline}`);
  const block = `"scripts": {${newline}${inner}${newline}${indent}}`;
  return { text: insert(text, root, [block], indent, "", newline), added, kept };
}

/** @throws PackageError */
function scriptsOf(text: string): readonly string[] {
  try {
    const manifest: unknown = JSON.parse(text.replace(/^\uFEFF/, ""));
    if (typeof manifest === "object" && manifest !== null && !Array.isArray(manifest)) {
      const scripts: unknown = "scripts" in manifest ? manifest.scripts : {};
      if (typeof scripts === "object" && scripts !== null && !Array.isArray(scripts))
        return Object.keys(scripts);
    }
  } catch {
    // Reported below.
  }
  throw new PackageError();
}

/** Inserts entries after the last one of an object. */
function insert(
  text: string,
  map: YAMLMap<Node, Node>,
  entries: readonly string[],
  indent: string,
  outer: string,
  newline: string,
): string {
  const [begin = 0, end = text.length] = map.range ?? [];
  const last: Pair<Node, Node> | undefined = map.items.at(-1);
  const place = last?.value?.range?.[1];
  if (place === undefined) {
    const body = entries.map((entry) => `${indent}${entry}`).join(`,${newline}`);
    return `${text.slice(0, begin)}{${newline}${body}${newline}${outer}}${text.slice(end)}`;
  }
  const body = entries.map((entry) => `,${newline}${indent}${entry}`).join("");
  return `${text.slice(0, place)}${body}${text.slice(place)}`;
}
