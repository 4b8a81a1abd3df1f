import { type GenerateOptions, type GenerateResult, generate, type Step } from "../generate.js";
import { diskFiles } from "./disk-files.js";
import type { Task } from "./document-thread.js";

/** What to generate. */
export interface GenerateInput {
  /** The document's path. */
  readonly document: string;
  /** The folder that references may reach; the document's own when undefined. */
  readonly root: string | undefined;
  readonly options: GenerateOptions;
}

/** Generates from files on disk. Its diagnostics name files as the user would write them. */
const generateTask: Task<GenerateInput, GenerateResult, Step> = async (
  { document, root, options },
  progress,
) => {
  const disk = diskFiles(document, root);
  const { files, diagnostics } = await generate(disk, options, progress);
  return {
    files,
    diagnostics: diagnostics.map((each) => ({ ...each, file: disk.show(each.file) })),
  };
};

export default generateTask;
