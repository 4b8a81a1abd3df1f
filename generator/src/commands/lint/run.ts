import type { Diagnostic } from "../../diagnostics.js";
import { rules } from "../../lint/rules.js";
import type { Values } from "../../option.js";
import { loadConfig } from "../../workshop/config/load-config.js";
import { DocumentThread } from "../../workshop/document-thread.js";
import { readPlan } from "../../workshop/plan.js";
import { count, formatDiagnostics, formatJson, painter } from "../../workshop/report.js";
import type { Terminal } from "../../workshop/terminal.js";
import type { lintCommandOptions } from "./options.js";
import type { LintInput } from "./task.js";

/** The options of the command, and the document. */
type LintValues = Values<typeof lintCommandOptions> & {
  readonly document: string | undefined;
};

/**
 * Lints a document, or all documents of the configuration, and prints the findings.
 *
 * @returns The exit code: 1 if there are findings.
 */
export async function runLint(values: LintValues, terminal: Terminal): Promise<number> {
  if (values.rules === true) {
    terminal.out(values.json === true ? formatJson(rules) : ruleList());
    return 0;
  }
  const inputs = await readInputs(values);
  const found: Diagnostic[] = [];
  await using thread = new DocumentThread();
  const task = new URL("./task.js", import.meta.url);
  for (const input of inputs)
    found.push(...(await thread.run<LintInput, readonly Diagnostic[]>(task, input)));
  const errors = found.filter(({ severity }) => severity === "error").length;
  const warnings = found.length - errors;
  if (values.json === true) {
    terminal.out(formatJson({ done: found.length === 0, errors, warnings, diagnostics: found }));
  } else {
    const paint = painter(terminal.colored);
    for (const text of formatDiagnostics(found, paint, values)) terminal.error(text);
    const documents = count(inputs.length, "document");
    if (found.length === 0) terminal.out(`${documents}: no problems\n`);
    else {
      terminal.error(`${documents}: ${count(errors, "error")}, ${count(warnings, "warning")}\n`);
    }
  }
  return found.length === 0 ? 0 : 1;
}

/** @throws UsageError */
async function readInputs(values: LintValues): Promise<readonly LintInput[]> {
  const { document, root, allowNet, lenient, limits, config: file } = values;
  const plan = await readPlan({ document, root, allowNet, lenient, limits, config: file });
  const config =
    plan.configFile === undefined ? undefined : (await loadConfig(plan.configFile)).config.lint;
  const off = [...(config?.off ?? []), ...(values.off ?? [])];
  const preset = values.preset ?? config?.preset;
  // Several SDKs may have the same document.
  const documents = new Map(plan.jobs.map((job) => [`${job.root} ${job.document}`, job]));
  return [...documents.values()].map((job) => ({
    document: job.document,
    root: job.root,
    allowNet: job.allowNet,
    lenient: job.options.lenient,
    limits: job.options.limits,
    off,
    ...(preset && { preset }),
  }));
}

function ruleList(): string {
  const width = Math.max(...Object.keys(rules).map(({ length }) => length));
  return Object.entries(rules)
    .map(([name, { summary, preset }]) => {
      const only = preset === undefined ? "" : ` (--preset ${preset})`;
      return `${name.padEnd(width)}  ${summary}${only}\n`;
    })
    .join("");
}
