import { describe, expect, it } from "vitest";
import { lacks } from "../support/requirements.js";
import { entries } from "./support/corpus-index.js";
import { agreementOn } from "./support/parser-agrees.js";

describe.skipIf(lacks("corpus"))("the check without the parser", () => {
  it.each([...entries("valid"), ...entries("invalid")])(
    "accepts nothing that the parser refuses: $id and 20 mutations",
    async (entry) => {
      expect((await agreementOn(entry, 20)).missed).toEqual([]);
    },
    300_000,
  );
});
