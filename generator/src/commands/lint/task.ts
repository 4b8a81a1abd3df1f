import type { Diagnostic } from "../../diagnostics.js";
import { lint } from "../../lint/lint.js";
import type { LintOptions } from "../../lint/options.js";
import { openDiskFiles } from "../../workshop/disk-files.js";
import type { Task } from "../../workshop/document-thread.js";

/** Input of the task. */
export interface LintInput extends LintOptions {
  readonly document: string;
  /** The folder that references may reach; the document's own when undefined. */
  readonly root: string | undefined;
  /** Limit on the growth of the document. */
  readonly limits?: string;
}

/** Lints a document on disk, with file names relative to the working folder. */
const lintTask: Task<LintInput, readonly Diagnostic[]> = async ({ document, root, ...options }) => {
  const disk = await openDiskFiles(document, root);
  const found = await lint(disk, options);
  return found.map((each) => ({ ...each, file: disk.show(each.file) }));
};

export default lintTask;
