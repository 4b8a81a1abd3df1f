import type { Diagnostic } from "../diagnostics.js";
import { escapeHidden, hiddenCharacters } from "../hidden-characters.js";
import type { Changes } from "../output/compare.js";

/** Emphasizes a text on a terminal. */
export type Paint = (
  style: "error" | "warning" | "place" | "fix" | "added" | "removed",
  text: string,
) => string;

const codes = { error: 31, warning: 33, place: 1, fix: 2, added: 32, removed: 31 } as const;

/** @param colored `true` if the output supports colours. */
export function painter(colored: boolean): Paint {
  return (style, text) => (colored ? `\u001b[${codes[style]}m${text}\u001b[0m` : text);
}

/** Number of problems from which on those that differ only in names count as one that repeats. */
const MANY = 4;

/** Number of further places that are shown of a problem that repeats. */
const PLACES = 3;

/**
 * Formats diagnostics, each with its place, problem and correction. A problem that repeats is shown
 * once, with its number and its first places.
 *
 * @param all The diagnostics, in the order of the report.
 * @param options `verbose`: `true` to show each one; `hint`: the way to see each one.
 */
export function formatDiagnostics(
  all: readonly Diagnostic[],
  paint: Paint,
  { verbose = false, hint = "--verbose shows all" }: { verbose?: boolean; hint?: string } = {},
): readonly string[] {
  if (verbose) return all.map((each) => formatDiagnostic(each, paint));
  const kinds = grouped(all, kindOf);
  const groups = grouped(all, (each) => {
    const isFrequent = (kinds.get(kindOf(each))?.length ?? 0) >= MANY;
    return isFrequent ? kindOf(each) : each.message + kindOf(each);
  });
  return [...groups.values()].map(([first, ...others]) => {
    const text = first === undefined ? "" : formatDiagnostic(first, paint);
    if (others.length === 0) return text;
    const places = others
      .slice(0, PLACES)
      .map(({ file, line, column }) => `${printable(file)}:${line}:${column}`);
    const rest = others.length > PLACES ? `, … (${hint})` : "";
    return `${text}  and ${others.length} more like this: ${places.join(", ")}${rest}\n`;
  });
}

function grouped(
  all: readonly Diagnostic[],
  keyOf: (diagnostic: Diagnostic) => string,
): ReadonlyMap<string, readonly Diagnostic[]> {
  const groups = new Map<string, Diagnostic[]>();
  for (const each of all) {
    const group = groups.get(keyOf(each));
    if (group === undefined) groups.set(keyOf(each), [each]);
    else group.push(each);
  }
  return groups;
}

/** Text that is equal for diagnostics that differ only in places, names and numbers. */
function kindOf({ severity, code, message, fix }: Diagnostic): string {
  const plain = `${message}\n${fix}`.replace(/`[^`]*`|"[^"]*"|\d+/g, "…");
  return `${severity} ${code} ${plain}`;
}

function formatDiagnostic(diagnostic: Diagnostic, paint: Paint): string {
  const { file, line, column, severity, code, message, fix } = diagnostic;
  const place = paint("place", `${printable(file)}:${line}:${column}`);
  const text = `${place} ${paint(severity, severity)} ${printable(message)} [${code}]`;
  return `${text}\n  ${paint("fix", printable(fix))}\n`;
}

/** Formats a value as one line of JSON without characters that control a terminal. */
export function formatJson(value: object): string {
  return `${escapeHidden(JSON.stringify(value))}\n`;
}

/** Replaces characters that control a terminal, in text of the document. */
export function printable(text: string): string {
  return text.replaceAll("\n", " ").replace(hiddenCharacters, "�");
}

/** Formats a number of things. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** Formats the changes of a folder; with the names of files, unless all of them are new. */
export function formatChanges({ added, changed, removed, unchanged }: Changes): string {
  const touched = added.length + changed.length + removed.length;
  if (touched === 0) return `nothing changed, ${count(unchanged.length, "file")}`;
  const parts = Object.entries({ added, changed, removed, unchanged })
    .filter(([, paths]) => paths.length > 0)
    .map(([what, paths], i) => `${i === 0 ? count(paths.length, "file") : paths.length} ${what}`);
  const names =
    touched === added.length && unchanged.length === 0
      ? []
      : [
          ...added.map((path) => `\n  + ${path}`),
          ...changed.map((path) => `\n  ~ ${path}`),
          ...removed.map((path) => `\n  - ${path}`),
        ];
  return parts.join(", ") + names.join("");
}
