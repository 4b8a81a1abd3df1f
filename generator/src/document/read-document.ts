import type { Diagnostics } from "../diagnostics.js";
import { checkVersion } from "./check-version.js";
import { checkGrowth } from "./growth.js";
import { allowedGrowth, type GrowthLimit } from "./limits.js";
import { type DocumentFiles, LoadedDocument } from "./loaded-document.js";

/**
 * Reads a document with every file that it refers to, and validates it against the specification.
 * The parser is loaded only if the document is readable.
 *
 * @param files The document's files.
 * @param diagnostics Collects all problems.
 * @param growth Limit on the growth of the document.
 * @param onValidate Called when all files have been read and the validation begins.
 * @returns Undefined if the document has an error.
 */
export async function readDocument(
  files: DocumentFiles,
  diagnostics: Diagnostics,
  growth: GrowthLimit = undefined,
  onValidate: () => void = () => {},
): Promise<LoadedDocument | undefined> {
  const loaded = await LoadedDocument.load(files, diagnostics);
  if (loaded === undefined || diagnostics.failed) return undefined;
  loaded.withinStack(() => checkGrowth(loaded, allowedGrowth(growth)));
  if (diagnostics.failed) return undefined;
  checkVersion(loaded.root);
  if (diagnostics.failed) return undefined;
  onValidate();
  const { validate } = await import("./validate.js");
  await validate(loaded, diagnostics);
  return diagnostics.failed ? undefined : loaded;
}
