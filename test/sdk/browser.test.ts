import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { describe, expect, it } from "vitest";

const entry = fileURLToPath(new URL("../../runtime/src/sdk/index.ts", import.meta.url));

async function bundle(contents: string): Promise<{ text: string; imports: string[] }> {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: fileURLToPath(new URL(".", import.meta.url)) },
    alias: { "alternats/sdk": entry },
    bundle: true,
    format: "esm",
    metafile: true,
    minify: true,
    platform: "node", // so that an import of Node would show instead of failing
    write: false,
  });
  const imports = Object.values(metafile.inputs).flatMap((input) =>
    input.imports.filter(({ external }) => external).map(({ path }) => path),
  );
  return { text: outputFiles[0]?.text ?? "", imports };
}

describe("the SDK in a bundle", () => {
  it("imports no module of Node, and no connection", async () => {
    const { text, imports } = await bundle('export * from "alternats/sdk";');
    expect(imports).toEqual([]);
    expect(text).not.toContain("CONNECT");
  });

  it("keeps only what is used", async () => {
    const source = `
      import { channel, json, oneOf, responder, subject } from "alternats/sdk";
      const unused = /* @__PURE__ */ channel(/* @__PURE__ */ subject("unused.{a}"), /* @__PURE__ */ json());
      const union = /* @__PURE__ */ oneOf({ unusedToo: /* @__PURE__ */ json() });
      export const used = channel(subject("used.{a}"), json());
    `;
    const { text } = await bundle(source);
    expect(text).toContain("used.{a}");
    expect(text).not.toContain("unused");
    expect(text).not.toContain("Alternats-Message");
  });
});
