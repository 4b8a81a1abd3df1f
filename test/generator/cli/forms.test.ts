import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { promisify } from "node:util";
import { format } from "prettier";
import { describe, expect, it } from "vitest";
import { type GenerateOptions, generate } from "../../../generator/src/index.ts";
import { whenBuilt } from "../../support/built.js";
import { formatted, project, Workbench } from "../support/workbench.js";
import { good, runIn } from "./support.js";

await whenBuilt("runtime");

const fixtures = join(project, "test/fixtures/generator");
const names = readdirSync(fixtures).sort();

const made = new Map<string, Promise<ReadonlyMap<string, string>>>();

/** Generated files of a fixture, shared by several tests. */
function generated(name: string, options: GenerateOptions): Promise<ReadonlyMap<string, string>> {
  const key = JSON.stringify([name, options]);
  const found = made.get(key) ?? generateFixture(name, options);
  made.set(key, found);
  return found;
}

async function generateFixture(
  name: string,
  options: GenerateOptions,
): Promise<ReadonlyMap<string, string>> {
  const own = await readFile(join(fixtures, name, "options.json"), "utf8").catch(() => "{}");
  const { files, diagnostics } = await generate(
    { main: "asyncapi.yaml", read: (path) => readFile(join(fixtures, name, path), "utf8") },
    { ...(JSON.parse(own) as GenerateOptions), ...options },
  );
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  if (errors.length > 0) throw new Error(errors.map(formatted).join("\n"));
  return new Map(files.map(({ path, text }) => [path, text]));
}

/** The part of the compiler that is used as the other opinion. */
interface Compiler {
  readonly ScriptTarget: { readonly ES2022: number };
  readonly ModuleKind: { readonly ESNext: number };
  transpileModule(text: string, options: object): { readonly outputText: string };
  transpileDeclaration(text: string, options: object): { readonly outputText: string };
}

const compiler: Compiler = createRequire(join(project, "test/compilers/5.9/package.json"))(
  "typescript",
);
const compilerOptions = {
  target: compiler.ScriptTarget.ES2022,
  module: compiler.ModuleKind.ESNext,
  verbatimModuleSyntax: true,
  isolatedModules: true,
  removeComments: true,
};

/** Code without what differs by taste: comments, imports that only types need, and formatting. */
async function essence(text: string, parser: "babel" | "babel-ts"): Promise<string> {
  const bare = text
    .replace(/^import [^;]*;\n/gm, "")
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .replace(/^\/\/.*$/gm, "")
    .replace(/^export declare /gm, "export ")
    .replace(/^(?:declare const .*|export \{\};)$/gm, "");
  return (await format(bare, { parser, objectWrap: "collapse" })).replace(/\n{2,}/g, "\n");
}

describe("target: js", { timeout: 60_000 }, () => {
  it.each(names)("%s is the compiler's output for the TypeScript", async (name) => {
    const ts = await generated(name, {});
    const js = await generated(name, { target: "js" });
    const sources = [...ts.keys()].filter((path) => /(?<!\.d)\.ts$/.test(path));
    // Validators are JavaScript with declarations in both forms.
    const same = [...ts.keys()].filter((path) => path.startsWith("validators."));
    expect([...js.keys()].sort()).toEqual(
      [
        ...["README.md", "alternats.json", "package.json"],
        ...same,
        ...sources.flatMap((path) => [path.replace(".ts", ".js"), path.replace(".ts", ".d.ts")]),
      ].sort(),
    );
    for (const path of sources) {
      const text = ts.get(path)!.replace(/\/\*\*[\s\S]*?\*\//g, "");
      const code = compiler.transpileModule(text, { compilerOptions }).outputText;
      expect(await essence(js.get(path.replace(".ts", ".js"))!, "babel"), path).toBe(
        await essence(code, "babel"),
      );
      const declared = compiler.transpileDeclaration(text, {
        compilerOptions: { ...compilerOptions, declaration: true },
      }).outputText;
      expect(await essence(js.get(path.replace(".ts", ".d.ts"))!, "babel-ts"), path).toBe(
        await essence(declared, "babel-ts"),
      );
    }
  });

  it("is formatted as by prettier, and compiles with its users", async () => {
    await using bench = await Workbench.open();
    for (const name of names) {
      for (const [path, text] of await generated(name, { target: "js" })) {
        // The code of codecs is what the TypeScript says, whose format another test looks at.
        if (/\.(?:js|d\.ts|json)$/.test(path) && !/^(?:validators|codecs\.js)/.test(path))
          expect(await format(text, { filepath: path }), `${name}/${path}`).toBe(text);
        await bench.write(join(name, "sdk", path), text);
      }
      const usage = await readFile(join(fixtures, name, "usage.ts"), "utf8").catch(() => undefined);
      if (usage !== undefined) await bench.write(join(name, "usage.ts"), usage);
    }
    expect(await bench.compile({ skipLibCheck: false })).toBe("");
  });

  it("is a package that can be installed and runs, with the document's version", async () => {
    await using bench = await Workbench.open();
    await bench.write("asyncapi.yaml", good);
    const args = ["asyncapi.yaml", "--target", "js", "--package", "@game/events", "-o", "events"];
    expect((await runIn(bench.folder, args)).out).toBe("events/index.js: 19 files added\n");
    const manifest = JSON.parse(await readFile(join(bench.folder, "events/package.json"), "utf8"));
    expect(manifest).toMatchObject({ name: "@game/events", version: "1.0.0" });
    const runtime = JSON.parse(await readFile(join(project, "runtime/package.json"), "utf8"));
    expect(manifest.peerDependencies.alternats).toBe(`^${runtime.version}`);

    const modules = join(bench.folder, "user/node_modules");
    await mkdir(join(modules, "@game"), { recursive: true });
    await symlink(join(project, "runtime"), join(modules, "alternats"));
    const run = promisify(execFile);
    const { stdout } = await run("npm", ["pack", "--json"], { cwd: join(bench.folder, "events") });
    const [{ filename, files }] = JSON.parse(stdout);
    expect(files.map(({ path }: { path: string }) => path)).toContain("operations.d.ts");
    await run("tar", [
      "-xzf",
      join(bench.folder, "events", filename),
      "-C",
      join(modules, "@game"),
    ]);
    const { rename } = await import("node:fs/promises");
    await rename(join(modules, "@game/package"), join(modules, "@game/events"));
    await writeFile(
      join(bench.folder, "user/program.mjs"),
      'import { Keys, publishMoved } from "@game/events";\nimport { createClient } from "@game/events/client";\nconsole.log(Keys.moved.at().subject, typeof publishMoved, typeof createClient);\n',
    );
    const program = await run(process.execPath, ["program.mjs"], {
      cwd: join(bench.folder, "user"),
    });
    expect(program.stdout).toBe("moved function function\n");
  });

  it.each([
    ["1", "1.0.0"],
    ["v2.1", "2.1.0"],
    ["1.2.3-beta.1+5", "1.2.3-beta.1+5"],
    ["next", undefined],
    ["1.2.3.4", undefined],
    ["01.2.3", undefined],
  ])(
    "has the document's version %s as %s, or reports that npm does not accept it",
    async (version, wanted) => {
      const text = good.replace('"1"', JSON.stringify(version));
      const { files, diagnostics } = await generate(
        { main: "a.yaml", read: async () => text },
        { target: "js" },
      );
      const manifest = files.find(({ path }) => path === "package.json");
      expect(manifest === undefined ? undefined : JSON.parse(manifest.text).version).toBe(wanted);
      expect(diagnostics.map(formatted)).toEqual(
        wanted === undefined ? ["a.yaml:2:19 error package-version"] : [],
      );
    },
  );
});

describe("import extensions and line endings", { timeout: 60_000 }, () => {
  it("imports files with .ts for Node.js, or without an extension for bundlers", async () => {
    await using bench = await Workbench.open();
    for (const [path, text] of await generated("commands", {
      importExtension: "ts",
      validate: "both",
    }))
      await bench.write(join("sdk", path), text);
    expect(await bench.compile({ allowImportingTsExtensions: true })).toBe("");
    expect(await readFile(join(bench.folder, "sdk/index.ts"), "utf8")).toContain('"./keys.ts"');
    for (const [path, text] of await generated("commands", {
      importExtension: "none",
      validate: "both",
    }))
      await bench.write(join("sdk", path), text);
    expect(await bench.compile({ module: "esnext", moduleResolution: "bundler" })).toBe("");
    expect(await readFile(join(bench.folder, "sdk/index.ts"), "utf8")).toContain('"./keys"');
  });

  it("ends every line of every file with the requested line ending", async () => {
    const lf = await generated("commands", { validate: "both" });
    const crlf = await generated("commands", { validate: "both", lineEnding: "crlf" });
    expect([...crlf.keys()]).toEqual([...lf.keys()]);
    for (const [path, text] of crlf) {
      expect(text.replaceAll("\r\n", ""), path).not.toMatch(/[\r\n]/);
      if (path !== "alternats.json") expect(text.replaceAll("\r\n", "\n")).toBe(lf.get(path));
    }
    expect(JSON.parse(crlf.get("alternats.json")!).options).toEqual({
      validate: "both",
      lineEnding: "crlf",
    });
    expect(await generated("commands", { lineEnding: "lf", target: "ts" })).toEqual(
      await generated("commands", {}),
    );
  });
});
