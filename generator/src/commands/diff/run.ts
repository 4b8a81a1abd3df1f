import { formatMarkdown, formatText, verdict } from "../../diff/report.js";
import { DocumentThread } from "../../workshop/document-thread.js";
import { formatDiagnostics, formatJson, painter, printable } from "../../workshop/report.js";
import type { Terminal } from "../../workshop/terminal.js";
import type { DiffInput, DiffOutput } from "./task.js";

/** Form of the report. */
export interface DiffReport {
  readonly format: "text" | "json" | "markdown";
  /** `true` to show each diagnostic. */
  readonly verbose: boolean;
}

/**
 * Compares two versions of a document, and prints the changes.
 *
 * @returns The exit code: 1 for a breaking change, or a version that cannot be read.
 */
export async function runDiff(
  input: DiffInput,
  { format, verbose }: DiffReport,
  terminal: Terminal,
): Promise<number> {
  const { changes, diagnostics } = await compared(input);
  const breaking = changes.some(({ breaks }) => breaks.length > 0);
  const failed = diagnostics.length > 0;
  if (format === "json") {
    const summary = failed ? undefined : verdict(changes);
    terminal.out(formatJson({ breaking, summary, changes, diagnostics }));
    return breaking || failed ? 1 : 0;
  }
  if (failed) {
    const paint = painter(terminal.colored);
    for (const text of formatDiagnostics(diagnostics, paint, { verbose })) terminal.error(text);
    return 1;
  }
  // Standard output may not support colours.
  const plain = painter(false);
  const text =
    format === "markdown" ? formatMarkdown(changes) : formatText(changes, printable, plain);
  terminal.out(text);
  return breaking ? 1 : 0;
}

async function compared(input: DiffInput): Promise<DiffOutput> {
  await using thread = new DocumentThread();
  return thread.run<DiffInput, DiffOutput>(new URL("./task.js", import.meta.url), input);
}
