import { type GenerateOptions, type GenerateResult, generate, type Step } from "../generate.js";
import { openDiskFiles } from "./disk-files.js";
import type { Task } from "./document-thread.js";

/** What to generate. */
export interface GenerateInput {
  /** The document's path. */
  readonly document: string;
  /** The folder that references may reach; the document's own when undefined. */
  readonly root: string | undefined;
  readonly options: GenerateOptions;
}

/** An SDK, and what it was made of. */
export interface GeneratedOnDisk extends GenerateResult {
  /** The paths of all files that were asked for, also of those that are not there. */
  readonly sources: readonly string[];
}

/** Generates from files on disk. Its diagnostics name files as the user would write them. */
const generateTask: Task<GenerateInput, GeneratedOnDisk, Step> = async (
  { document, root, options },
  progress,
) => {
  const disk = await openDiskFiles(document, root);
  const { files, diagnostics } = await generate(disk, options, progress);
  return {
    files,
    diagnostics: diagnostics.map((each) => ({ ...each, file: disk.show(each.file) })),
    sources: [...disk.sources],
  };
};

export default generateTask;
