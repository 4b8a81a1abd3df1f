import { inject } from "vitest";
import type { GenerateResult } from "../../../generator/dist/index.js";

export { corpus, type Entry, entries, present } from "./corpus-index.js";

/** The SDKs of all valid documents of the corpus, by the documents' names; generated once per run. */
export async function corpusSdks(): Promise<ReadonlyMap<string, GenerateResult>> {
  const response = await fetch(inject("corpusUrl"));
  if (!response.ok) throw new Error(await response.text());
  return new Map((await response.json()) as [string, GenerateResult][]);
}
