import type { Diagnostics } from "../diagnostics.js";
import { isCertainlyValid } from "./certainly-valid.js";
import { checkVersion } from "./check-version.js";
import { checkGrowth } from "./growth.js";
import { limits as known } from "./limits.js";
import { type DocumentFiles, LoadedDocument } from "./loaded-document.js";

/** Options of reading a document. */
export interface ReadOptions {
  /** `true` to report errors that have no effect on an SDK as warnings. */
  readonly lenient?: boolean | undefined;
  /**
   * Number of values that the document may have with references and aliases written out, for each
   * value in its files, or `none`; see limits.ts for the default.
   */
  readonly limits?: string | undefined;
  /** Called when all files have been read and the validation begins. */
  readonly onValidate?: () => void;
}

/**
 * Reads a document with every file that it refers to, and validates it against the specification.
 * The parser is loaded only if the document is readable, and not certainly valid.
 *
 * @param files The document's files.
 * @param diagnostics Collects all problems.
 * @returns Undefined if the document has an error.
 */
export async function readDocument(
  files: DocumentFiles,
  diagnostics: Diagnostics,
  { lenient = false, limits, onValidate = () => {} }: ReadOptions = {},
): Promise<LoadedDocument | undefined> {
  const loaded = await LoadedDocument.load(files, diagnostics, lenient);
  if (loaded === undefined || diagnostics.failed) return undefined;
  loaded.withinStack(() => checkGrowth(loaded, allowedGrowth(limits)));
  if (diagnostics.failed) return undefined;
  checkVersion(loaded.root);
  if (diagnostics.failed) return undefined;
  onValidate();
  if (await isCertainlyValid(loaded)) return loaded;
  const { validate } = await import("./validate.js");
  await validate(loaded, diagnostics, lenient);
  return diagnostics.failed ? undefined : loaded;
}

function allowedGrowth(said: string | undefined): number {
  if (said === undefined) return known.growth;
  return said === "none" ? Number.POSITIVE_INFINITY : Number(said);
}
