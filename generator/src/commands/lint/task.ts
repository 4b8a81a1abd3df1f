import type { Diagnostic } from "../../diagnostics.js";
import { lint } from "../../lint/lint.js";
import type { LintOptions } from "../../lint/options.js";
import type { Task } from "../../workshop/document-thread.js";
import { type DocumentPlace, openDocument } from "../../workshop/open-document.js";

/** Input of the task. */
export interface LintInput extends LintOptions, DocumentPlace {
  /** `true` to report errors that have no effect on an SDK as warnings. */
  readonly lenient?: boolean | undefined;
  /** Limit on the growth of the document. */
  readonly limits?: string | undefined;
}

/** Lints a document on disk, with file names relative to the working folder. */
const lintTask: Task<LintInput, readonly Diagnostic[]> = async (input) => {
  const disk = await openDocument(input);
  const found = await lint(disk, input);
  return found.map((each) => ({ ...each, file: disk.show(each.file) }));
};

export default lintTask;
