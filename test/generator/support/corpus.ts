import type { GenerateResult } from "../../../generator/src/index.ts";
import { shared } from "../../support/built.js";

export { corpus, type Entry, entries } from "./corpus-index.js";

/** The SDKs of all valid documents of the corpus, by the documents' names; generated once per run. */
export async function corpusSdks(): Promise<ReadonlyMap<string, GenerateResult>> {
  return new Map(JSON.parse(await shared("/corpus")) as [string, GenerateResult][]);
}
