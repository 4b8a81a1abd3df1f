import { describe, expect, it } from "vitest";
import { whenBuilt } from "../support/built.js";
import { bomb, documentOf, expectRefused, expectSdk, many, refer } from "./support/limits.js";
import { generateText } from "./support/workbench.js";

await whenBuilt("generator");

describe("any document", () => {
  it("that grows ends with a diagnostic within 10 seconds and 512 MiB: aliases of aliases", async () => {
    await expectRefused(bomb(), /:13:3 error `x-a\.a9` stands for [\s\S]*`limits` \(100\)/);
  }, 120_000);

  it("that grows becomes an SDK if its author raises the limit", async () => {
    const text = `asyncapi: 3.0.0
info: { title: t, version: "1" }
servers: { n: { host: h, protocol: nats } }
x-a: &a [${"1, ".repeat(400)}]
x-b: &b [${"*a, ".repeat(400)}]
`;
    const told = async (limits?: string): Promise<readonly string[]> => {
      const { diagnostics } = await generateText({ "a.yaml": text }, limits ? { limits } : {});
      const errors = diagnostics.filter(({ severity }) => severity === "error");
      return errors.map(({ code, line }) => `${line} ${code}`);
    };
    expect(await told()).toEqual(["5 too-costly"]);
    expect(await told("500")).toEqual([]);
    expect(await told("none")).toEqual([]);
  }, 120_000);

  it("that grows beside a reference ends with a diagnostic within 10 seconds and 512 MiB", async () => {
    const aliases = many(40, (i) => `  a${i + 1}: &a${i + 1} [*a${i}, *a${i}]\n`).join("");
    const text = `asyncapi: 3.0.0
info: { title: t, version: "1" }
x-a:
  a0: &a0 [1]
${aliases}  $ref: "#/info"
`;
    await expectRefused(text, /error `x-a` stands for [\s\S]*`limits` \(100\)/);
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
