import { readdirSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { formatted, generateFrom, project, Workbench } from "./support/workbench.js";

const fixtures = join(project, "test/fixtures/generator");
const cases = readdirSync(fixtures).sort();

/** Set to write what is generated today instead of comparing it; look at the difference before you keep it. */
const update = process.env.UPDATE_FIXTURES !== undefined;

describe("fixtures: a document, its SDK, and a program that uses it", () => {
  it.each(cases)("%s gives the committed SDK", async (name) => {
    const folder = join(fixtures, name);
    const options = await readFile(join(folder, "options.json"), "utf8").catch(() => "{}");
    const { files, diagnostics } = await generateFrom(folder, "asyncapi.yaml", JSON.parse(options));
    const said = diagnostics.map((each) => `${formatted(each)}: ${each.message}\n`).join("");
    if (update) {
      await mkdir(join(folder, "sdk"), { recursive: true });
      for (const { path, text } of files) await writeFile(join(folder, "sdk", path), text);
      await writeFile(join(folder, "diagnostics.txt"), said);
    }
    expect(said).toBe(await readFile(join(folder, "diagnostics.txt"), "utf8"));
    const committed = readdirSync(join(folder, "sdk")).sort();
    expect(files.map(({ path }) => path).sort()).toEqual(committed);
    for (const { path, text } of files) {
      expect(text, path).toBe(await readFile(join(folder, "sdk", path), "utf8"));
    }
  });

  it("compile with their programs, and reject what the programs expect to be rejected", async () => {
    await using bench = await Workbench.open();
    for (const name of cases) {
      for (const path of readdirSync(join(fixtures, name), { recursive: true, encoding: "utf8" })) {
        if (!path.endsWith(".ts")) continue;
        await bench.write(join(name, path), await readFile(join(fixtures, name, path), "utf8"));
      }
    }
    expect(await bench.compile()).toBe("");
  });

  it("compile with isolated declarations", async () => {
    await using bench = await Workbench.open();
    for (const name of cases) {
      const sdk = join(fixtures, name, "sdk");
      for (const path of readdirSync(sdk).filter((each) => each.endsWith(".ts"))) {
        await bench.write(join(name, path), await readFile(join(sdk, path), "utf8"));
      }
    }
    expect(await bench.compile({ declaration: true, isolatedDeclarations: true })).toBe("");
  });
});
