import type { GenerateOptions, GenerateResult } from "../generate.js";

/** What the command gives to the thread that generates. */
export interface Job {
  /** The document's path. */
  readonly document: string;
  /** The folder that references may reach; the document's own when undefined. */
  readonly root: string | undefined;
  readonly options: GenerateOptions;
}

/** What the thread gives back. Its diagnostics name files as the user would write them. */
export type JobResult = GenerateResult;
