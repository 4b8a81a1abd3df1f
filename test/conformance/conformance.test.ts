import { writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { entries } from "../generator/support/corpus-index.js";
import { lacks } from "../support/requirements.js";
import { exchangeDocuments } from "./documents.js";

it.skipIf(lacks("corpus"))(
  "every document of the corpus exchanges its messages with programs that know nothing of the SDK",
  async () => {
    const { problems, ...counts } = await exchangeDocuments(entries("valid"));
    if (process.env.CONFORMANCE_REPORT)
      writeFileSync(process.env.CONFORMANCE_REPORT, problems.join("\n"));
    console.log("conformance:", counts);
    expect(problems).toEqual([]);
  },
  1_800_000,
);
