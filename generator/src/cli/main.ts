import { join, relative } from "node:path";
import type { WriteResult } from "../output/write.js";
import { help, type Request, readArguments, UsageError } from "./arguments.js";
import { formatDiagnostic, formatJson, painter, type Summary } from "./report.js";

/** Where the command writes to. */
export interface Terminal {
  out(text: string): void;
  error(text: string): void;
  /** Whether errors may be coloured. */
  readonly colored: boolean;
}

/**
 * Runs the command.
 *
 * @param args The command line without the program's name.
 * @returns The exit code.
 */
export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  let request: Request;
  try {
    request = readArguments(args);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    terminal.error(`alternats-gen: ${error.message}\n`);
    return 2;
  }
  if (request.kind === "help") {
    terminal.out(help);
    return 0;
  }
  if (request.kind === "version") {
    const { version } = await import("../version.js");
    terminal.out(`${version}\n`);
    return 0;
  }
  const summary = await generateTo(request);
  if (request.json) terminal.out(formatJson(summary));
  else report(summary, terminal);
  return summary.done ? 0 : 1;
}

async function generateTo({
  output,
  ...job
}: Extract<Request, { kind: "generate" }>): Promise<Summary> {
  const { generateWithin } = await import("./generate-within.js");
  const { document, root, options } = job;
  const { files, diagnostics } = await generateWithin({ document, root, options });
  const errors = diagnostics.filter(({ severity }) => severity === "error").length;
  const warnings = diagnostics.length - errors;
  const found = { output, errors, warnings, diagnostics };
  const nothing = { done: false, written: [], removed: [] };
  if (errors > 0) return { ...nothing, ...found };
  const { writeFiles } = await import("../output/write.js");
  let result: WriteResult;
  try {
    result = await writeFiles(output, files);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const failure = `the SDK cannot be written to ${output}: ${reason}`;
    return { ...nothing, failure, ...found };
  }
  return { done: true, ...result, ...found };
}

/** Says to a person what became of the document. */
function report(summary: Summary, terminal: Terminal): void {
  const { diagnostics, errors, failure, output, written, removed } = summary;
  const paint = painter(terminal.colored);
  for (const diagnostic of diagnostics) terminal.error(formatDiagnostic(diagnostic, paint));
  if (failure !== undefined) terminal.error(`alternats-gen: ${failure}\n`);
  else if (errors > 0) {
    terminal.error(`${count(errors, "error")} in the document; nothing was written.\n`);
  } else {
    const place = join(relative(process.cwd(), output) || ".", "index.ts");
    const changes =
      written.length === 0 ? "nothing changed" : `${count(written.length, "file")} written`;
    const stale = removed.length === 0 ? "" : `, ${count(removed.length, "stale file")} removed`;
    terminal.out(`${place}: ${changes}${stale}\n`);
  }
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
