import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Parser } from "@asyncapi/parser";
import { parseAllDocuments } from "yaml";
import { Diagnostics } from "../../../generator/src/diagnostics.ts";
import { isCertainlyValid } from "../../../generator/src/document/certainly-valid.ts";
import { LoadedDocument } from "../../../generator/src/document/loaded-document.ts";
import { corpus, type Entry } from "./corpus-index.js";
import { mutated } from "./mutations.js";

/** Result of comparing a document and its mutations. */
export interface Agreement {
  /** Number of documents that are certainly valid. */
  readonly certain: number;
  /** Errors of the parser in documents that are certainly valid: none are expected. */
  readonly missed: readonly string[];
}

/**
 * Compares the check without the parser with the parser, on a document of the corpus and on its mutations.
 *
 * @param mutations Number of mutations.
 */
export async function agreementOn({ root, main }: Entry, mutations: number): Promise<Agreement> {
  const folder = join(corpus, root);
  const document = contentOf(await readFile(join(folder, main), "utf8"));
  const missed: string[] = [];
  let certain = 0;
  for (let seed = 0; seed <= mutations; seed++) {
    const text = JSON.stringify(seed === 0 ? document : mutated(document, seed));
    const diagnostics = new Diagnostics();
    const read = async (path: string): Promise<string> =>
      path === main ? text : readFile(join(folder, path), "utf8");
    const loaded = await LoadedDocument.load({ main, read }, diagnostics);
    if (loaded === undefined || diagnostics.failed || !(await isCertainlyValid(loaded))) continue;
    certain++;
    const results = await new Parser().validate(text);
    const errors = results.filter(({ severity }) => severity === 0);
    missed.push(...errors.map(({ path, message }) => `${seed}: ${path.join(".")}: ${message}`));
  }
  return { certain, missed };
}

/** Content of a file; an empty object for one that is not a document. */
function contentOf(text: string): unknown {
  const [document] = parseAllDocuments(text, { merge: true, logLevel: "silent" });
  const content: unknown =
    document?.errors.length === 0 ? document.toJS({ maxAliasCount: -1 }) : undefined;
  return typeof content === "object" && content !== null ? content : {};
}
