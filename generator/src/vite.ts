import { resolve } from "node:path";
import type { SdkConfig } from "./workshop/config/config.js";
import { DocumentThread } from "./workshop/document-thread.js";
import { readPlan } from "./workshop/plan.js";
import { formatDiagnostics, painter } from "./workshop/report.js";
import { type Outcome, runSdk } from "./workshop/sdk-run.js";

/** The used part of the context that Vite passes to the hooks of a plugin. */
interface HookContext {
  addWatchFile(path: string): void;
  warn(message: string): void;
  error(message: string): never;
  readonly meta: { readonly watchMode: boolean };
}

/** A plugin for Vite. */
export interface AlternatsPlugin {
  readonly name: string;
  configResolved(config: { readonly root: string }): void;
  buildStart(this: HookContext): Promise<void>;
  watchChange(this: HookContext, id: string): Promise<void>;
}

/**
 * Plugin for Vite. It writes the SDKs when Vite starts, and again when the document or a file that
 * it refers to changes. An error in a document ends a build; the development server shows it.
 *
 * ```ts
 * // vite.config.ts
 * import alternats from "alternats-gen/vite";
 *
 * export default { plugins: [alternats()] };
 * ```
 *
 * @param settings The settings of the command line, with paths relative to Vite's root. Without
 * them, the plugin uses `alternats.config.*`.
 */
export default function alternats(settings: SdkConfig = {}): AlternatsPlugin {
  const thread = new DocumentThread();
  const sources = new Set<string>();
  let root = process.cwd();
  let last: Promise<void> = Promise.resolve();

  /** Runs one generation after the other: a file may change during a generation. */
  function generateInTurn(context: HookContext): Promise<void> {
    const turn = last.then(() => generateAll(context));
    last = turn.catch(() => {});
    return turn;
  }

  async function generateAll(context: HookContext): Promise<void> {
    const { jobs } = await readPlan(settings, root);
    for (const job of jobs) {
      const run = await runSdk(thread, job, false);
      for (const source of run.sources) {
        sources.add(resolve(source));
        context.addWatchFile(resolve(source));
      }
      for (const text of problems(run.outcome)) context.warn(text);
      if (!run.outcome.done && !context.meta.watchMode)
        context.error(run.outcome.failure ?? `${job.document} has errors; no SDK was written.`);
    }
  }

  return {
    name: "alternats",
    configResolved(config) {
      root = config.root;
    },
    async buildStart() {
      await generateInTurn(this);
    },
    async watchChange(id) {
      if (sources.has(resolve(id))) await generateInTurn(this);
    },
  };
}

function problems({ diagnostics, failure }: Outcome): readonly string[] {
  const texts = formatDiagnostics(diagnostics, painter(false), {
    hint: "alternats-gen --verbose shows all",
  }).map((text) => text.trim());
  return failure === undefined ? texts : [...texts, failure];
}
