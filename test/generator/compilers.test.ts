import { readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { lacks } from "../support/requirements.js";
import { corpusSdks } from "./support/corpus.js";
import { project, Workbench } from "./support/workbench.js";

/** Each with the options of strict users that it knows. */
const compilers = [
  { name: "5.4", folder: "test/compilers/5.4/node_modules/typescript", knows: {} },
  {
    name: "5.9",
    folder: "test/compilers/5.9/node_modules/typescript",
    knows: { erasableSyntaxOnly: true, isolatedDeclarations: true },
  },
  {
    name: "6",
    folder: "test/compilers/6/node_modules/typescript",
    knows: { erasableSyntaxOnly: true, isolatedDeclarations: true },
  },
  {
    name: "7",
    folder: "node_modules/typescript",
    knows: { erasableSyntaxOnly: true, isolatedDeclarations: true },
  },
] as const;

/** SDKs for a second way of resolving imports: together they import everything that an SDK can import. */
const resolutions = [
  {
    name: "nodenext",
    options: { module: "nodenext", moduleResolution: "nodenext" },
    include: ["**/*.ts"],
  },
  {
    name: "bundler",
    options: { module: "esnext", moduleResolution: "bundler" },
    include: ["fixtures/**/*.ts"],
  },
] as const;

const matrix = compilers.flatMap((compiler) =>
  resolutions.map((resolution) => ({
    name: `TypeScript ${compiler.name}, ${resolution.name}`,
    compiler: compiler.folder,
    options: { ...resolution.options, ...compiler.knows },
    include: resolution.include,
  })),
);

/** Imports of a file of an SDK. */
function imports(path: string, text: string): readonly string[] {
  const found = text.matchAll(/^(?:import|export)\b[^;]*? from "(.*)";$/gm);
  return [...found].map(([, from]) => `${path} imports ${from}`);
}

/** Version 7 has no API; its number stands in the package, as that of the others does. */
async function versionOf(compiler: string): Promise<string> {
  const path = join(project, compiler, "package.json");
  return JSON.parse(await readFile(path, "utf8")).version;
}

const withoutCorpus = lacks("corpus");

describe("SDKs with every supported compiler", () => {
  let bench: Workbench;
  let sdks = 0;
  const imported = { fixtures: new Set<string>(), corpus: new Set<string>() };

  beforeAll(async () => {
    bench = await Workbench.open();
    const fixtures = join(project, "test/fixtures/generator");
    for (const name of readdirSync(fixtures)) {
      const sdk = join(fixtures, name, "sdk");
      for (const file of readdirSync(sdk)) {
        const text = await readFile(join(sdk, file), "utf8");
        await bench.write(join("fixtures", name, file), text);
        for (const each of imports(file, text)) imported.fixtures.add(each);
      }
      sdks++;
    }
    if (withoutCorpus) return;
    for (const [id, { files }] of await corpusSdks()) {
      await bench.writeAll(join("corpus", id), files);
      for (const { path, text } of files)
        for (const each of imports(path, text)) imported.corpus.add(each);
      sdks++;
    }
  }, 120_000);

  afterAll(() => bench[Symbol.asyncDispose]());

  it.each(compilers)("are compiled by the named compiler: $folder", async (compiler) => {
    expect(`${await versionOf(compiler.folder)}.`).toMatch(new RegExp(`^${compiler.name}\\.`));
  });

  it("import nothing that the fixtures do not import", () => {
    expect(imported.fixtures).toContain("index.ts imports ./operations.js");
    expect(imported.fixtures).toContain("codecs.ts imports alternats/sdk/codec");
    expect([...imported.corpus].filter((each) => !imported.fixtures.has(each))).toEqual([]);
  });

  it.each(matrix)(
    "compile with all their imports: $name",
    async ({ compiler, options, include }) => {
      expect(sdks).toBeGreaterThan(withoutCorpus ? 5 : 85);
      const strict = { declaration: true, isolatedModules: true, skipLibCheck: false };
      const known = { erasableSyntaxOnly: undefined, isolatedDeclarations: undefined };
      const compiled = await bench.compile({ ...strict, ...known, ...options }, compiler, include);
      expect(compiled).toBe("");
    },
    120_000,
  );
});
