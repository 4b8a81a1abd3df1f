import type { Diagnostics } from "../diagnostics.js";
import { checkVersion } from "./check-version.js";
import { type DocumentFiles, LoadedDocument } from "./loaded-document.js";

/**
 * Reads a document with every file that it refers to, and judges it by the specification. The parser is
 * loaded only for a document that is worth it.
 *
 * @param files The document's files.
 * @param diagnostics Gets everything that is wrong.
 * @param onValidate Told when all files are read, and the specification's turn begins.
 * @returns Undefined when the document has an error.
 */
export async function readDocument(
  files: DocumentFiles,
  diagnostics: Diagnostics,
  onValidate: () => void = () => {},
): Promise<LoadedDocument | undefined> {
  const loaded = await LoadedDocument.load(files, diagnostics);
  if (loaded === undefined || diagnostics.failed) return undefined;
  checkVersion(loaded.root);
  if (diagnostics.failed) return undefined;
  onValidate();
  const { validate } = await import("./validate.js");
  await validate(loaded, diagnostics);
  return diagnostics.failed ? undefined : loaded;
}
