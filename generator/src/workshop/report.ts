import { join } from "node:path";
import type { Diagnostic } from "../diagnostics.js";
import { hiddenCharacters } from "../hidden-characters.js";
import type { Changes } from "../output/compare.js";
import { generator } from "../output/manifest.js";
import type { Difference, Outcome } from "./sdk-run.js";
import type { Terminal } from "./terminal.js";

/** How a text is made to stand out; on a terminal only. */
export type Paint = (
  style: "error" | "warning" | "place" | "fix" | "added" | "removed",
  text: string,
) => string;

const codes = { error: 31, warning: 33, place: 1, fix: 2, added: 32, removed: 31 } as const;

/** @param colored Whether whom it is for understands colours. */
export function painter(colored: boolean): Paint {
  return (style, text) => (colored ? `\u001b[${codes[style]}m${text}\u001b[0m` : text);
}

/** Writes a diagnostic: place, what is wrong, and what would mend it. */
export function formatDiagnostic(diagnostic: Diagnostic, paint: Paint): string {
  const { file, line, column, severity, code, message, fix } = diagnostic;
  const place = paint("place", `${printable(file)}:${line}:${column}`);
  const text = `${place} ${paint(severity, severity)} ${printable(message)} [${code}]`;
  return `${text}\n  ${paint("fix", printable(fix))}\n`;
}

/** Writes something for a program: one line of JSON, in which nothing steers a terminal. */
export function formatJson(value: object): string {
  const text = JSON.stringify(value).replace(hiddenCharacters, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
  return `${text}\n`;
}

/** Text of the document cannot steer the terminal. */
export function printable(text: string): string {
  return text.replaceAll("\n", " ").replace(hiddenCharacters, "�");
}

/** Writes a number of things. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/**
 * Says to a person what became of a document.
 *
 * @param quiet Whether only what is wrong is said.
 */
export function report(outcome: Outcome, quiet: boolean, terminal: Terminal): void {
  const { diagnostics, errors, failure, output, differences } = outcome;
  const paint = painter(terminal.colored);
  for (const diagnostic of diagnostics) {
    if (!quiet || diagnostic.severity === "error")
      terminal.error(formatDiagnostic(diagnostic, paint));
  }
  if (failure !== undefined) terminal.error(`alternats-gen: ${failure}\n`);
  else if (errors > 0) {
    terminal.error(`${count(errors, "error")} in the document; nothing was written.\n`);
  } else if (differences !== undefined && !outcome.done) {
    terminal.error(formatCheck(outcome, differences, paint));
  } else if (!quiet) {
    const { added, changed, unchanged } = outcome;
    const index = [...added, ...changed, ...unchanged].find((path) => /^index\.[jt]s$/.test(path));
    const place = printable(join(output, index ?? ""));
    terminal.out(`${place}: ${formatChanges(outcome)}\n`);
  }
}

/** Writes what was done to a folder; which files, where some of them were there before. */
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

function formatCheck(
  { output, madeBy }: Outcome,
  differences: readonly Difference[],
  paint: Paint,
): string {
  const lines = differences.flatMap(({ path, kind, lines }) => [
    `${paint("place", printable(join(output, path)))} is ${
      kind === "different" ? "not what would be generated" : kind
    }`,
    ...lines.map(
      (line) => `  ${paint(/^ *\d* *-/.test(line) ? "removed" : "added", printable(line))}`,
    ),
  ]);
  const version =
    madeBy === undefined
      ? ""
      : `It was made by ${printable(madeBy)}, this is ${generator}: install that one, or generate anew.\n`;
  const rest = `${printable(output)}: ${count(differences.length, "file")} of the SDK out of date.\n${version}`;
  return `${lines.join("\n")}\n${rest}Run alternats-gen generate without --check, and commit what it writes.\n`;
}
