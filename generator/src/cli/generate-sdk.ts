import { join, relative } from "node:path";
import type { GenerateResult, Step } from "../generate.js";
import { writeFiles } from "../output/write.js";
import type { Terminal, Values } from "./command.js";
import { DocumentThread, LimitError } from "./document-thread.js";
import type { generateOptions } from "./generate-command.js";
import type { GenerateInput } from "./generate-task.js";
import { formatDiagnostic, formatJson, painter, type Summary } from "./report.js";

/** Generates one SDK, and says what became of it. */
export async function generateSdk(
  document: string,
  values: Values<typeof generateOptions>,
  terminal: Terminal,
): Promise<number> {
  const { role, validate } = values;
  const summary = await generateTo(values.output ?? "sdk", {
    document,
    root: values.root,
    options: { ...(role && { role }), ...(validate && { validate }) },
  });
  if (values.json === true) terminal.out(formatJson(summary));
  else report(summary, terminal);
  return summary.done ? 0 : 1;
}

async function generateTo(output: string, input: GenerateInput): Promise<Summary> {
  const { files, diagnostics } = await generated(input);
  const errors = diagnostics.filter(({ severity }) => severity === "error").length;
  const warnings = diagnostics.length - errors;
  const found = { output, errors, warnings, diagnostics };
  const nothing = { done: false, written: [], removed: [] };
  if (errors > 0) return { ...nothing, ...found };
  try {
    return { done: true, ...(await writeFiles(output, files)), ...found };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const failure = `the SDK cannot be written to ${output}: ${reason}`;
    return { ...nothing, failure, ...found };
  }
}

async function generated(input: GenerateInput): Promise<GenerateResult> {
  await using thread = new DocumentThread();
  try {
    const task = new URL("./generate-task.js", import.meta.url);
    return await thread.run<GenerateInput, GenerateResult, Step>(task, input);
  } catch (error) {
    if (!(error instanceof LimitError)) throw error;
    const { code, message, fix } = error;
    const place = { file: input.document, line: 1, column: 1 };
    return { files: [], diagnostics: [{ severity: "error", ...place, code, message, fix }] };
  }
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
