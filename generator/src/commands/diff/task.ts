import { existsSync } from "node:fs";
import type { Diagnostic } from "../../diagnostics.js";
import type { Change } from "../../diff/change.js";
import { diff } from "../../diff/diff.js";
import type { Task } from "../../workshop/document-thread.js";
import { type DocumentPlace, isNoFile, openDocument } from "../../workshop/open-document.js";
import { gitFiles, RevisionError, readRevision, type ShownFiles } from "./git-files.js";

/** Versions to compare: paths, or `revision:path`. */
export interface DiffInput extends Omit<DocumentPlace, "document"> {
  readonly old: string;
  readonly now: string;
  /** `true` to compare documents with errors that have no effect on an SDK. */
  readonly lenient?: boolean | undefined;
  /** Limit on the growth of each document. */
  readonly limits?: string | undefined;
}

/** Result of the comparison, with file names as on the command line. */
export interface DiffOutput {
  readonly changes: readonly Change[];
  /** Reasons why a version cannot be read. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Compares documents on disk and in revisions. */
const diffTask: Task<DiffInput, DiffOutput> = async ({ old, now, ...reading }) => {
  const before = await open(old, reading);
  const after = await open(now, reading);
  if ("diagnostics" in before) return before;
  if ("diagnostics" in after) return after;
  const { changes, errors } = await diff(before, after, reading);
  const place = { old: before, new: after };
  const shown = <T extends { readonly file: string }>(files: ShownFiles, each: T): T => ({
    ...each,
    file: files.show(each.file),
  });
  return {
    changes: changes.map((change) => shown(place[change.version], change)),
    diagnostics: [
      ...errors.old.map((each) => shown(before, each)),
      ...errors.new.map((each) => shown(after, each)),
    ],
  };
};

export default diffTask;

async function open(
  document: string,
  reading: Omit<DocumentPlace, "document">,
): Promise<ShownFiles | DiffOutput> {
  const isPath = isNoFile(document) || existsSync(document);
  const revision = isPath ? undefined : readRevision(document);
  if (revision === undefined) return openDocument({ ...reading, document });
  try {
    return await gitFiles(revision, reading.root);
  } catch (error) {
    if (!(error instanceof RevisionError)) throw error;
    const place = { file: document, line: 1, column: 1 };
    const fix = "Name a branch, a tag or a commit of the repository, a colon, and a path in it.";
    const { message } = error;
    return {
      changes: [],
      diagnostics: [{ severity: "error", ...place, code: "unreadable-revision", message, fix }],
    };
  }
}
