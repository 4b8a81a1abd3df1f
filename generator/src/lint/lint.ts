import { type Diagnostic, Diagnostics } from "../diagnostics.js";
import type { DocumentFiles } from "../document/loaded-document.js";
import { type ReadOptions, readDocument } from "../document/read-document.js";
import { buildModel } from "../model/build-sdk.js";
import { ValidatorCompiler } from "../model/validators.js";
import { checkGamingApi } from "./gamingapi.js";
import type { LintOptions } from "./options.js";
import { checkSubjects } from "./subjects.js";
import { checkTypes } from "./types.js";

/**
 * Finds parts of a document that are valid AsyncAPI but do not work for NATS or for a typed SDK.
 * Reads only through the given files.
 *
 * @param files The document's files.
 * @param options Options of the lint.
 * @returns Errors and findings; the `code` of a finding is the name of its rule.
 */
export async function lint(
  files: DocumentFiles,
  { off = [], preset, lenient, limits }: LintOptions & Pick<ReadOptions, "lenient" | "limits"> = {},
): Promise<readonly Diagnostic[]> {
  const diagnostics = new Diagnostics();
  const loaded = await readDocument(files, diagnostics, { lenient, limits });
  loaded?.withinStack((root) => {
    const model = buildModel(root, {}, new ValidatorCompiler("both"));
    checkSubjects(model);
    checkTypes(model);
    if (preset === "gamingapi") checkGamingApi(model);
  });
  return diagnostics
    .list()
    .filter(({ severity, code }) => severity === "error" || !off.includes(code));
}
