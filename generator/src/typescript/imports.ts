import { layout } from "./layout.js";
import { elementEnd, type Token } from "./tokens.js";

/** The used imports at the head of a file. */
export interface Imports {
  /** Index of their first token, and of the first token after them. */
  readonly start: number;
  readonly end: number;
  /** Their lines; empty if the file uses none. */
  readonly text: string;
}

/**
 * Removes unused imports of a file, so that a template may import everything that it could need.
 *
 * @param tokens The file.
 */
export function usedImports(tokens: readonly Token[]): Imports {
  let start = 0;
  while (tokens[start]?.kind === "comment") start++;
  const statements: (readonly Token[])[] = [];
  let end = start;
  while (tokens[end]?.text === "import") {
    const next = elementEnd(tokens, end, tokens.length);
    statements.push(tokens.slice(end, next));
    end = next;
  }
  // Without imports, their place is after the comment at the head of the file.
  if (end === start) start = end = tokens[1] === undefined || tokens[1].lines > 1 ? 1 : 0;
  const used = usedNames(tokens, end);
  const lines = statements.flatMap((statement) => usedStatement(statement, used));
  return { start, end, text: lines.map(layout).join("\n") };
}

/** Names that a file uses, without the declarations of properties and parameters. */
function usedNames(tokens: readonly Token[], start: number): ReadonlySet<string> {
  const names = new Set<string>();
  for (let at = start; at < tokens.length; at++) {
    const { kind, text } = tokens[at]!;
    if (kind !== "word") continue;
    const before = tokens[at - 1]?.text;
    if (before === "." || before === "?.") continue;
    const isOptional = tokens[at + 1]?.text === "?";
    const isDeclared = tokens[at + (isOptional ? 2 : 1)]?.text === ":" && before !== "?";
    if (!isDeclared) names.add(text);
  }
  return names;
}

/** Import statement with only the used names; empty if none is used. */
function usedStatement(tokens: readonly Token[], used: ReadonlySet<string>): readonly string[] {
  const texts = tokens.map(({ text }) => text);
  const open = texts.indexOf("{");
  if (open < 0) {
    const name = texts[texts.indexOf("as") + 1] ?? "";
    return texts.includes("as") && !used.has(name) ? [] : [texts.join(" ")];
  }
  const close = texts.indexOf("}");
  const names = texts
    .slice(open + 1, close)
    .join(" ")
    .split(",")
    .map((name) => name.trim())
    .filter((name) => used.has(name.split(" ").at(-1) ?? ""))
    .sort((a, b) => compareNames(a.replace("type ", ""), b.replace("type ", "")));
  if (names.length === 0) return [];
  const head = texts.slice(0, open);
  const areTypes = !head.includes("type") && names.every((name) => name.startsWith("type "));
  const kept = areTypes ? names.map((name) => name.slice("type ".length)) : names;
  const words = [...head, ...(areTypes ? ["type"] : []), "{", kept.join(", "), "}"];
  return [`${[...words, ...texts.slice(close + 1, -1)].join(" ")};`];
}

function compareNames(a: string, b: string): number {
  return compare(a.toLowerCase(), b.toLowerCase()) || compare(a, b);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
