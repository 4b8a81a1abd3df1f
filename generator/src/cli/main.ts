import { join, relative } from "node:path";
import type { WriteResult } from "../output/write.js";
import { help, type Request, readArguments, UsageError } from "./arguments.js";
import { formatDiagnostic, painter } from "./report.js";

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
  return generateTo(request, terminal);
}

async function generateTo(
  { document, output, root }: Extract<Request, { kind: "generate" }>,
  terminal: Terminal,
): Promise<number> {
  const { diskFiles } = await import("./disk-files.js");
  const { generate } = await import("../generate.js");
  const disk = diskFiles(document, root);
  const { files, diagnostics } = await generate(disk);
  const paint = painter(terminal.colored);
  for (const diagnostic of diagnostics) {
    terminal.error(formatDiagnostic({ ...diagnostic, file: disk.show(diagnostic.file) }, paint));
  }
  const errors = diagnostics.filter(({ severity }) => severity === "error").length;
  if (errors > 0) {
    terminal.error(`${count(errors, "error")} in the document; nothing was written.\n`);
    return 1;
  }
  const { writeFiles } = await import("../output/write.js");
  let result: WriteResult;
  try {
    result = await writeFiles(output, files);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    terminal.error(`alternats-gen: the SDK cannot be written to ${output}: ${reason}\n`);
    return 1;
  }
  const place = join(relative(process.cwd(), output) || ".", "index.ts");
  const changes =
    result.written.length === 0
      ? "nothing changed"
      : `${count(result.written.length, "file")} written`;
  const removed =
    result.removed.length === 0 ? "" : `, ${count(result.removed.length, "stale file")} removed`;
  terminal.out(`${place}: ${changes}${removed}\n`);
  return 0;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
