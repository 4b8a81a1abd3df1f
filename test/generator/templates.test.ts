import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { generate } from "../../generator/src/index.ts";
import { helpers } from "../../generator/src/render/helpers.ts";
import { runHere } from "./cli/support.js";
import { project, Workbench } from "./support/workbench.js";

const ours = join(project, "templates/sdk");
const template = (name: string): string => readFileSync(join(ours, `${name}.hbs`), "utf8");
const names = readdirSync(ours).map((file) => file.replace(/\.hbs$/, ""));
const document = readFileSync(join(project, "examples/rust-server/asyncapi.yaml"), "utf8");

const generated = (templates: Readonly<Record<string, string>>) =>
  generate(
    { main: "asyncapi.yaml", read: async () => document },
    {
      templates: Object.entries(templates).map(([name, text]) => ({
        file: `own/${name}.hbs`,
        text,
      })),
    },
  );

describe("custom templates", { timeout: 40_000 }, () => {
  it("with the same text give the same files", async () => {
    const { files, diagnostics } = await generated(
      Object.fromEntries(names.map((name) => [name, template(name)])),
    );
    expect(diagnostics).toEqual([]);
    for (const { path, text } of files) {
      if (path === "alternats.json") continue;
      expect(text).toBe(readFileSync(join(project, "examples/rust-server/sdk", path), "utf8"));
    }
    expect(files).toHaveLength(11);
  });

  it("replace single parts of a file", async () => {
    const publish = template("publish").replace("export const", "// ours\nexport const");
    const { files } = await generated({ publish });
    const text = files.find(({ path }) => path === "operations.ts")!.text;
    const own = readFileSync(join(project, "examples/rust-server/sdk/operations.ts"), "utf8");
    expect(text.match(/^\/\/ ours$/gm)).toHaveLength(own.match(/const publish/g)!.length);
    expect(text.replaceAll("// ours\n", "")).toBe(own);
    const manifest = files.find(({ path }) => path === "alternats.json")!.text;
    expect(JSON.parse(manifest).options).toEqual({ templates: ["publish.hbs"] });
  });

  it.each([
    ["a block that is closed as another", "\n{{#if a}}\n{{/each}}", 2, "if doesn't match each"],
    ["no end", "a\n{{#if", 2, "Expecting"],
    ["a name that is not there", "a\nb\n {{nothing}}", 3, '"nothing" not defined'],
    ["a helper that is not there", "\n{{nothing 1}}", 2, "nothing"],
    ["a partial that is not there", "\n\n{{> publsh}}", 3, 'Did you mean "publish"?'],
    ["a helper that fails", "\n{{list 1}}", 2, "takes a list"],
    ["a failure within a list", "{{#each channels}}\n{{nothing}}\n{{/each}}", 2, '"nothing"'],
  ])("report file and line of %s", async (_what, text, line, message) => {
    const { files, diagnostics } = await generated({ operations: text });
    expect(files).toEqual([]);
    expect(diagnostics).toMatchObject([
      { severity: "error", code: "template", file: "own/operations.hbs", line },
    ]);
    expect(diagnostics[0]?.message).toContain(message);
  });

  it("are rejected if they replace no built-in template", async () => {
    const { diagnostics } = await generated({ operatons: "" });
    expect(diagnostics[0]).toMatchObject({ file: "own/operatons.hbs", line: 1 });
    expect(diagnostics[0]?.message).toContain('Did you mean "operations"?');
  });
});

describe("docs/templates.md", { timeout: 40_000 }, () => {
  const page = readFileSync(join(project, "docs/templates.md"), "utf8");

  it("has an example that works", async () => {
    const [, index = ""] = /```hbs\n([\s\S]*?)```/.exec(page)!;
    const { files, diagnostics } = await generated({ index });
    expect(diagnostics).toEqual([]);
    const own = readFileSync(join(project, "examples/rust-server/sdk/index.ts"), "utf8");
    expect(files.find(({ path }) => path === "index.ts")!.text).toBe(
      own.replace(
        "export * as Keys",
        'export { type Client, createClient } from "./client.js";\nexport * as Keys',
      ),
    );
  });

  it("lists every template and every helper", () => {
    const rows = [...page.matchAll(/^\| (`[^|]*) \|/gm)].map(([, cell = ""]) => cell);
    const cells = rows.flatMap((cell) => cell.split(/`, `|`/).filter((each) => each !== ""));
    const listed = cells.filter((cell) => !cell.startsWith("{{"));
    expect(listed.sort()).toEqual([...names].sort());
    const called = cells.flatMap((cell) => /^\{\{#?(\w+)/.exec(cell)?.[1] ?? []);
    expect(called.sort()).toEqual(Object.keys(helpers).sort());
  });
});

describe("--templates", { timeout: 40_000 }, () => {
  let bench: Workbench;
  beforeAll(async () => {
    bench = await Workbench.open();
    await bench.write("asyncapi.yaml", document);
    await bench.write("own/index.hbs", "// ours\n\n{{nothing}}\n");
  });
  afterAll(() => bench[Symbol.asyncDispose]());

  it("reports the file relative to the user's folder, and also comes from the configuration", async () => {
    const failed = await runHere(bench.folder, ["asyncapi.yaml", "--templates", "own"]);
    expect(failed.code).toBe(1);
    expect(failed.error).toContain('own/index.hbs:3:3 error "nothing" not defined');
    await bench.write("own/index.hbs", "// ours\nexport {};\n");
    const config = { document: "asyncapi.yaml", templates: "own" };
    await bench.write("alternats.config.json", JSON.stringify(config));
    expect((await runHere(bench.folder, [])).code).toBe(0);
    expect(readFileSync(join(bench.folder, "sdk/index.ts"), "utf8")).toContain("// ours\n");
  });

  it("reports a missing folder", async () => {
    const { code, error } = await runHere(bench.folder, [
      "asyncapi.yaml",
      "--templates",
      "nowhere",
    ]);
    expect(code).toBe(1);
    expect(error).toContain("nowhere:1:1 error The templates cannot be read");
  });
});
