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

/** Formats a diagnostic: place, problem, and correction. */
export function formatDiagnostic(diagnostic: Diagnostic, paint: Paint): string {
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
