import { join } from "node:path";
import { generator } from "../../output/manifest.js";
import {
  count,
  formatChanges,
  formatDiagnostics,
  type Paint,
  painter,
  printable,
} from "../../workshop/report.js";
import type { Difference, Outcome } from "../../workshop/sdk-run.js";
import type { Terminal } from "../../workshop/terminal.js";

/**
 * Prints the result of a run for a person.
 *
 * @param form `quiet`: `true` to print only errors; `verbose`: `true` to print each diagnostic.
 */
export function report(
  outcome: Outcome,
  { quiet, verbose }: { readonly quiet: boolean; readonly verbose: boolean },
  terminal: Terminal,
): void {
  const { diagnostics, errors, failure, output, differences } = outcome;
  const paint = painter(terminal.colored);
  const shown = diagnostics.filter(({ severity }) => !quiet || severity === "error");
  for (const text of formatDiagnostics(shown, paint, { verbose })) terminal.error(text);
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
      : `It was made by ${printable(madeBy)}, this is ${generator}: install that one, or generate again.\n`;
  const rest = `${printable(output)}: ${count(differences.length, "file")} of the SDK out of date.\n${version}`;
  return `${lines.join("\n")}\n${rest}Run alternats-gen generate without --check, and commit what it writes.\n`;
}
