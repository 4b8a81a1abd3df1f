import { resolve } from "node:path";
import type { Values } from "../../option.js";
import { ConfigError } from "../../workshop/config/config-error.js";
import { DocumentThread } from "../../workshop/document-thread.js";
import { isNoFile, STDIN } from "../../workshop/open-document.js";
import { type Plan, readPlan, type SdkJob } from "../../workshop/plan.js";
import { Progress } from "../../workshop/progress.js";
import { count, formatJson } from "../../workshop/report.js";
import { type Outcome, runSdk, type SdkRun } from "../../workshop/sdk-run.js";
import type { Terminal } from "../../workshop/terminal.js";
import { UsageError } from "../command.js";
import type { generateCommandOptions } from "./options.js";
import { report } from "./report.js";

/** The options of the command, and the document. */
export type GenerateValues = Values<typeof generateCommandOptions> & {
  readonly document: string | undefined;
};

/**
 * Writes all requested SDKs, once or at every change.
 *
 * @returns The exit code.
 */
export async function runGenerate(values: GenerateValues, terminal: Terminal): Promise<number> {
  const { check = false, watch = false, json = false, verbose = false, ...flags } = values;
  if (check && watch)
    throw new UsageError("--check compares once, --watch continues: use one of them.");
  const plan = await readPlan(flags);
  if (watch) checkWatched(plan);
  await using thread = new DocumentThread();
  const session = new Session(thread, { check, json, verbose, quiet: plan.quiet }, terminal);
  const runs = await session.run(plan.jobs);
  if (watch) await watchAll(session, plan, runs, () => readPlan(flags), terminal);
  return watch || runs.every(({ outcome }) => outcome.done) ? 0 : 1;
}

/** @throws UsageError */
function checkWatched({ jobs }: Plan): void {
  const unwatched = jobs.find(({ document }) => isNoFile(document));
  if (unwatched === undefined) return;
  const what = unwatched.document === STDIN ? "standard input" : unwatched.document;
  throw new UsageError(`--watch needs a file, and cannot watch ${what}.`);
}

interface SessionOptions {
  readonly check: boolean;
  readonly json: boolean;
  readonly verbose: boolean;
  readonly quiet: boolean;
}

/** Writes SDKs one after another, and prints the results. */
class Session {
  readonly #thread: DocumentThread;
  readonly #options: SessionOptions;
  readonly #terminal: Terminal;

  constructor(thread: DocumentThread, options: SessionOptions, terminal: Terminal) {
    this.#thread = thread;
    this.#options = options;
    this.#terminal = terminal;
  }

  get isQuiet(): boolean {
    return this.#options.quiet || this.#options.json;
  }

  async run(jobs: readonly SdkJob[]): Promise<readonly SdkRun[]> {
    const { check, json, ...form } = this.#options;
    const progress = new Progress(this.#terminal, this.isQuiet);
    const runs: SdkRun[] = [];
    for (const job of jobs) {
      const run = await runSdk(this.#thread, job, check, (step, times) =>
        progress.step(job.document, step, times),
      );
      progress.end(run.outcome);
      if (!json) report(run.outcome, form, this.#terminal);
      runs.push(run);
    }
    if (json) this.#terminal.out(formatJson(summary(runs.map(({ outcome }) => outcome))));
    return runs;
  }
}

function summary(sdks: readonly Outcome[]): object {
  return { done: sdks.every(({ done }) => done), sdks };
}

/** Writes SDKs again when one of their files changes, until a signal ends the program. */
async function watchAll(
  session: Session,
  first: Plan,
  runs: readonly SdkRun[],
  reread: () => Promise<Plan>,
  terminal: Terminal,
): Promise<void> {
  const { FileWatch } = await import("../../workshop/watch.js");
  using files = new FileWatch();
  const end = new AbortController();
  const ended = new Promise<undefined>((resolve) => {
    end.signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
  const stop = (): void => end.abort();
  process.once("SIGINT", stop).once("SIGTERM", stop);
  let plan = first;
  let begin = Date.now() - performance.now();
  let latest = new Map(plan.jobs.map((job, i) => [job, runs[i]?.sources ?? []]));
  for (;;) {
    const configFile = plan.configFile === undefined ? [] : [plan.configFile];
    files.add([...configFile, ...[...latest.values()].flat()], begin);
    if (!session.isQuiet)
      terminal.error(`Watching ${count(files.size, "file")}; Ctrl+C ends it.\n`);
    const changed = await files.next(end.signal);
    if (end.signal.aborted) break;
    begin = Date.now();
    if (plan.configFile !== undefined && changed.has(plan.configFile)) {
      try {
        plan = await reread();
        latest = new Map(plan.jobs.map((job) => [job, []]));
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        terminal.error(`alternats-gen: ${error.message}\n`);
        continue;
      }
    }
    const jobs = plan.jobs.filter((job) => {
      const sources = latest.get(job) ?? [];
      return sources.length === 0 || sources.some((source) => changed.has(resolve(source)));
    });
    // The document no longer refers to the changed file.
    if (jobs.length === 0) continue;
    const next = await Promise.race([session.run(jobs), ended]);
    if (next === undefined) break;
    for (const [i, job] of jobs.entries()) latest.set(job, next[i]?.sources ?? []);
  }
  process.off("SIGINT", stop).off("SIGTERM", stop);
}
