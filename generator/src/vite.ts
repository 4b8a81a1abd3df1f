import { resolve } from "node:path";
import type { SdkConfig } from "./workshop/config/config.js";
import { DocumentThread } from "./workshop/document-thread.js";
import { readPlan } from "./workshop/plan.js";
import { formatDiagnostic, painter } from "./workshop/report.js";
import { type Outcome, runSdk } from "./workshop/sdk-run.js";

/** What Vite gives to the hooks of a plugin, as far as it is used. */
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
 * Writes the SDKs when Vite starts, and anew when a file changes that a document refers to. What is wrong with
 * a document ends a build; while Vite watches, it is shown.
 *
 * ```ts
 * // vite.config.ts
 * import alternats from "alternats-gen/vite";
 *
 * export default { plugins: [alternats()] };
 * ```
 *
 * @param settings As on the command line, with paths from Vite's root; else `alternats.config.*` is taken.
 */
export default function alternats(settings: SdkConfig = {}): AlternatsPlugin {
  const thread = new DocumentThread();
  const sources = new Set<string>();
  let root = process.cwd();
  let last: Promise<void> = Promise.resolve();

  /** One after the other: a change may come while another one is still being worked on. */
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
  const texts = diagnostics.map((each) => formatDiagnostic(each, painter(false)).trim());
  return failure === undefined ? texts : [...texts, failure];
}
