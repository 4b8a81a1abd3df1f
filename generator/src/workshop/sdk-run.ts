import type { Diagnostic } from "../diagnostics.js";
import type { Step } from "../generate.js";
import type { GeneratedFile } from "../generated-file.js";
import { type Changes, type Comparison, compareFiles } from "../output/compare.js";
import { generator, MANIFEST } from "../output/manifest.js";
import { shortDiff } from "../output/short-diff.js";
import { writeFiles } from "../output/write.js";
import type { DocumentThread } from "./document-thread.js";
import type { GeneratedOnDisk, GenerateInput } from "./generate-task.js";
import type { SdkJob } from "./plan.js";

/** Step of a run, in this order; a check compares instead of writing. */
export type RunStep = Step | "write" | "compare";

/** A file that differs from the generated one. */
export interface Difference {
  /** Its name within the SDK's folder. */
  readonly path: string;
  readonly kind: "missing" | "different" | "stale";
  /** The first differences: see {@link shortDiff}; empty unless `kind` is `different`. */
  readonly lines: readonly string[];
}

/** Result of a run. */
export interface Outcome extends Changes {
  /** `true` if the SDK is up to date now; for a check, if it was. */
  readonly done: boolean;
  readonly document: string;
  /** The SDK's folder. */
  readonly output: string;
  readonly errors: number;
  readonly warnings: number;
  readonly diagnostics: readonly Diagnostic[];
  /** Reason why the SDK could not be written or compared, if any. */
  readonly failure?: string;
  /** For a check: the files that differ. */
  readonly differences?: readonly Difference[];
  /** For a check: the other version of the generator that wrote the folder, if any. */
  readonly madeBy?: string;
  /** Milliseconds of each step. */
  readonly times: Readonly<Partial<Record<RunStep, number>>>;
}

/** Result of a run, and the files that it depends on. */
export interface SdkRun {
  readonly outcome: Outcome;
  /** The paths of all requested files, including missing ones. */
  readonly sources: readonly string[];
}

/**
 * Writes an SDK, or compares it with its folder.
 *
 * @param thread Thread that reads the document.
 * @param check `true` to compare instead of writing.
 * @param onStep Called at the beginning of each step with the times of the steps before.
 */
export async function runSdk(
  thread: DocumentThread,
  job: SdkJob,
  check: boolean,
  onStep: (step: RunStep, times: Outcome["times"]) => void = () => {},
): Promise<SdkRun> {
  const times: Partial<Record<RunStep, number>> = {};
  let step: RunStep | undefined;
  let begin = performance.now();
  const enter = (next: RunStep | undefined): void => {
    const now = performance.now();
    if (step !== undefined) times[step] = Math.round(now - begin);
    [step, begin] = [next, now];
    if (next !== undefined) onStep(next, times);
  };
  const { files, diagnostics, sources } = await generated(thread, job, enter);
  const errors = diagnostics.filter(({ severity }) => severity === "error").length;
  const about = {
    document: job.document,
    output: job.output,
    errors,
    warnings: diagnostics.length - errors,
    diagnostics,
    times,
  };
  const nothing = { done: false, added: [], changed: [], removed: [], unchanged: [] };
  if (errors > 0) {
    enter(undefined);
    return { outcome: { ...about, ...nothing }, sources };
  }
  enter(check ? "compare" : "write");
  try {
    const result = check
      ? checked(files, await compareFiles(job.output, files))
      : { done: true, ...(await writeFiles(job.output, files)) };
    enter(undefined);
    return { outcome: { ...about, ...result }, sources };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const failure = `the SDK cannot be ${check ? "compared with" : "written to"} ${job.output}: ${reason}`;
    enter(undefined);
    return { outcome: { ...about, ...nothing, failure }, sources };
  }
}

function generated(
  thread: DocumentThread,
  { output: _, ...job }: SdkJob,
  onStep: (step: Step) => void,
): Promise<GeneratedOnDisk> {
  return thread.run<GenerateInput, GeneratedOnDisk, Step>(
    new URL("./generate-task.js", import.meta.url),
    job,
    onStep,
  );
}

function checked(
  files: readonly GeneratedFile[],
  { texts, manifest, foreign: _, ...changes }: Comparison,
): Changes & Pick<Outcome, "done" | "differences" | "madeBy"> {
  const wanted = new Map(files.map(({ path, text }) => [path, text]));
  // The manifest differs wherever a file does.
  const isAlone = changes.changed.length === 1;
  const differences: readonly Difference[] = [
    ...changes.added.map((path) => ({ path, kind: "missing" as const, lines: [] })),
    ...changes.changed.map((path) => ({
      path,
      kind: "different" as const,
      lines:
        path === MANIFEST && !isAlone
          ? []
          : shortDiff(texts.get(path) ?? "", wanted.get(path) ?? ""),
    })),
    ...changes.removed.map((path) => ({ path, kind: "stale" as const, lines: [] })),
  ];
  const other = manifest?.generator;
  return {
    done: differences.length === 0,
    ...changes,
    differences,
    ...(other !== undefined && other !== generator && { madeBy: other }),
  };
}
