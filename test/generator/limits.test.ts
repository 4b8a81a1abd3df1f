import { describe, expect, it } from "vitest";
import { whenBuilt } from "../support/built.js";
import { documentOf, expectRefused, expectSdk, many, refer } from "./support/limits.js";
import { generateText } from "./support/workbench.js";

await whenBuilt("generator");

describe("any document", () => {
  it("ends with a diagnostic within 10 seconds and 512 MiB: a pattern that backtracks without an end", async () => {
    const pattern = { type: "string", pattern: "^(a+)+$", default: `${"a".repeat(50)}!` };
    await expectRefused(documentOf([pattern]));
  }, 120_000);

  it("becomes an SDK as fast if schemas double at each of 40 steps: `allOf`", async () => {
    await expectSdk("`allOf`");
  }, 120_000);

  it("becomes no SDK if one of such schemas is invalid", async () => {
    const schemas = many(40, (i) => ({ properties: { a: refer((i + 1) % 40), b: refer(i) } }));
    const text = documentOf([...schemas, { type: "obj" }]);
    const { files, diagnostics } = await generateText({ "a.json": text });
    expect(files).toEqual([]);
    expect(diagnostics.map(({ message }) => message)).toContainEqual(
      expect.stringMatching(/^components\.schemas\.S40\.type: /),
    );
  });
});
