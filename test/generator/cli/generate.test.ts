import { createHash } from "node:crypto";
import { chmod, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Run, run, Workbench } from "../support/workbench.js";
import { executable, good, program, type Result, runHere, runIn } from "./support.js";

describe("alternats-gen", { timeout: 40_000 }, () => {
  let bench: Workbench;
  // How long its steps took is another test's.
  const said = ({ code, out, error }: Result): Run => ({
    code,
    output: error.replace(/^\S+: (?:\w+ \d+ ms(?:, |\n))+/gm, "") + out,
  });
  const executed = async (...args: readonly string[]): Promise<Run> =>
    said(await runIn(bench.folder, args));
  const command = async (...args: readonly string[]): Promise<Run> =>
    said(await runHere(bench.folder, args));

  beforeEach(async () => {
    bench = await Workbench.open();
  });

  afterEach(() => bench[Symbol.asyncDispose]());

  it("writes the SDK to the given folder, and reports it", async () => {
    await bench.write("asyncapi.yaml", good);
    expect(await executed("asyncapi.yaml", "-o", "src/sdk")).toEqual({
      code: 0,
      output: "src/sdk/index.ts: 10 files added\n",
    });
    expect(await bench.list("src/sdk")).toEqual([
      "README.md",
      "alternats.json",
      "channels.ts",
      "client.ts",
      "codecs.ts",
      "index.ts",
      "keys.ts",
      "operations.ts",
      "servers.ts",
      "types.ts",
    ]);
  });

  it("does not touch the folder if nothing changed", async () => {
    await bench.write("asyncapi.yaml", good);
    await command("asyncapi.yaml");
    const before = await readFile(join(bench.folder, "sdk/keys.ts"), "utf8");
    expect(await command("asyncapi.yaml")).toEqual({
      code: 0,
      output: "sdk/index.ts: nothing changed, 10 files\n",
    });
    expect(await readFile(join(bench.folder, "sdk/keys.ts"), "utf8")).toBe(before);
  });

  it("reports a missing document", async () => {
    const { code, output } = await executed("nowhere/asyncapi.yaml", "-o", "sdk");
    expect(code).toBe(1);
    expect(output).toContain("nowhere/asyncapi.yaml:1:1 error");
    expect(output).toContain("there is no such file");
    expect(await bench.list()).not.toContain("sdk");
  });

  it("reports a document that is a folder", async () => {
    await mkdir(join(bench.folder, "documents"));
    const { code, output } = await command("documents");
    expect(code).toBe(1);
    expect(output).toContain("documents:1:1 error");
    expect(output).toContain("it is a folder");
  });

  it("reports a document that is a pipe, and does not wait for a writer", async () => {
    const pipe = join(bench.folder, "pipe.yaml");
    expect((await run("mkfifo", [pipe], bench.folder)).code).toBe(0);
    const { code, output } = await command("pipe.yaml");
    expect(code).toBe(1);
    expect(output).toContain("pipe.yaml:1:1 error");
    expect(output).toContain("it is not a regular file");
  });

  it("reports the position of invalid YAML, and writes nothing", async () => {
    await bench.write("docs/asyncapi.yaml", "asyncapi: 3.0.0\ninfo:\n  title: T\n version: [\n");
    const { code, output } = await command("docs/asyncapi.yaml");
    expect(code).toBe(1);
    expect(output).toContain("docs/asyncapi.yaml:4:1 error");
    expect(output).toContain("1 error in the document; nothing was written.");
    expect(await bench.list()).not.toContain("sdk");
  });

  it("reports the position of every error in one run", async () => {
    await bench.write(
      "asyncapi.yaml",
      `${good}  other: { address: other, messages: { m: { payload: { type: nonsense } } } }
operations:
  o: { action: throw, channel: { $ref: "#/channels/moved" } }
`,
    );
    const { code, output } = await command("asyncapi.yaml");
    expect(code).toBe(1);
    expect(output).toContain("asyncapi.yaml:6:");
    expect(output).toContain("asyncapi.yaml:8:8 error operations.o.action");
  });

  it("reports file and position of an error in another file", async () => {
    await bench.write(
      "asyncapi.yaml",
      good.replace("{ type: string }", '{ $ref: "./schemas/a.yaml" }'),
    );
    await bench.write(
      "schemas/a.yaml",
      "type: object\nproperties:\n  b: { $ref: './c.yaml#/d' }\n",
    );
    await bench.write("schemas/c.yaml", "e: { type: string }\n");
    const { code, output } = await command("asyncapi.yaml");
    expect(code).toBe(1);
    expect(output).toContain(
      "schemas/a.yaml:3:8 error The target of `./c.yaml#/d` does not exist.",
    );
  });

  it("reads references to the folder above only with --root", async () => {
    await bench.write(
      "service/asyncapi.yaml",
      good.replace("{ type: string }", '{ $ref: "../shared/a.yaml" }'),
    );
    await bench.write("shared/a.yaml", "type: object\nproperties: { b: { type: string } }\n");
    const refused = await command("service/asyncapi.yaml");
    expect(refused.code).toBe(1);
    expect(refused.output).toContain("service/asyncapi.yaml:5:56 error");
    expect(refused.output).toContain("set the option `root`");
    expect((await command("service/asyncapi.yaml", "--root", ".")).code).toBe(0);
    expect(await readFile(join(bench.folder, "sdk/types.ts"), "utf8")).toContain(
      "export interface A {",
    );
  });

  it("reads a document that is a link, with references relative to the link's target", async () => {
    await bench.write("docs/api.yaml", good.replace("{ type: string }", '{ $ref: "./a.yaml" }'));
    await bench.write("docs/a.yaml", "type: object\nproperties: { b: { type: string } }\n");
    await symlink("docs/api.yaml", join(bench.folder, "asyncapi.yaml"));
    expect(await command("asyncapi.yaml")).toEqual({
      code: 0,
      output: "sdk/index.ts: 10 files added\n",
    });
    await bench.write("docs/a.yaml", "type: nonsense\n");
    expect((await command("asyncapi.yaml")).output).toContain("docs/a.yaml:1:");
  });

  it("reads a folder whose name starts with two dots like any other", async () => {
    await bench.write("..docs/asyncapi.yaml", good);
    const { code, output } = await command("..docs/asyncapi.yaml", "--root", ".", "-o", "..sdk");
    expect(output).toBe("..sdk/index.ts: 10 files added\n");
    expect(code).toBe(0);
  });

  it("reports a --root that does not exist or does not contain the document", async () => {
    await bench.write("asyncapi.yaml", good);
    expect((await command("asyncapi.yaml", "--root", "nowhere")).output).toContain(
      "`asyncapi.yaml` cannot be read: the root folder nowhere does not exist",
    );
    await bench.write("other/a.yaml", good);
    expect((await command("asyncapi.yaml", "--root", "other")).output).toContain(
      "it is outside of the root folder other",
    );
  });

  it("explains that a reference is written with slashes", async () => {
    await bench.write(
      "asyncapi.yaml",
      good.replace("{ type: string }", "{ $ref: '..\\shared\\a.yaml' }"),
    );
    const { code, output } = await command("asyncapi.yaml");
    expect(code).toBe(1);
    expect(output).toContain("contains a backslash: references are URLs, also on Windows.");
    expect(output).toContain("Write it with slashes: `../shared/a.yaml`.");
  });

  it.each(["__pr\\u006fto__", "hasOwn\\u0050roperty", "\\x5f_proto__"])(
    "reads a property with an escaped name like any other: %s",
    async (name) => {
      await bench.write(
        "asyncapi.yaml",
        good.replace("type: string", `type: object, properties: { "${name}": { type: string } }`),
      );
      expect(await command("asyncapi.yaml")).toEqual({
        code: 0,
        output: "sdk/index.ts: 10 files added\n",
      });
    },
  );

  it("reports that a folder cannot be written, and does not change its files", async () => {
    await bench.write("asyncapi.yaml", good);
    await bench.write("taken", "a file\n");
    const { code, output } = await command("asyncapi.yaml", "-o", "taken");
    expect(code).toBe(1);
    expect(output).toMatch(/^alternats-gen: the SDK cannot be written to taken: /);
    expect(await readFile(join(bench.folder, "taken"), "utf8")).toBe("a file\n");
  });

  it("writes all files or none", async () => {
    await bench.write("asyncapi.yaml", good);
    // A folder in the place of one of the files.
    await mkdir(join(bench.folder, "sdk/operations.ts"), { recursive: true });
    const { code, output } = await command("asyncapi.yaml");
    expect(code).toBe(1);
    expect(output).toMatch(/^alternats-gen: the SDK cannot be written to sdk: /);
    expect(await bench.list("sdk")).toEqual(["operations.ts"]);
  });

  it("restores a folder if a file cannot be replaced", async () => {
    await bench.write("asyncapi.yaml", good);
    await command("asyncapi.yaml", "--validate", "both");
    const content = async (): Promise<readonly string[]> =>
      Promise.all(
        (await bench.list("sdk")).map(
          async (path) => path + (await readFile(join(bench.folder, "sdk", path), "utf8")),
        ),
      );
    const before = await content();
    await bench.write("asyncapi.yaml", good.replaceAll("moved", "left"));
    // The third file that is moved to its place is refused; two of another name stand by then.
    const refuse = `data:text/javascript,${encodeURIComponent(
      'import fs from "node:fs"; import { syncBuiltinESMExports } from "node:module"; let n = 0; const { rename } = fs.promises; fs.promises.rename = (...args) => args[0].endsWith(".old") || ++n !== 3 ? rename(...args) : Promise.reject(new Error("the disk is tired")); syncBuiltinESMExports();',
    )}`;
    const { code, output } = await run(
      process.execPath,
      ["--import", refuse, executable, "asyncapi.yaml", "--role", "client"],
      bench.folder,
    );
    expect(output).toContain("the SDK cannot be written to sdk: the disk is tired");
    expect(code).toBe(1);
    expect(await content()).toEqual(before);
  });

  it.skipIf(process.getuid?.() === 0)(
    "reports missing permission to write (skipped for root, which has it)",
    async () => {
      await bench.write("asyncapi.yaml", good);
      await mkdir(join(bench.folder, "locked"));
      await chmod(join(bench.folder, "locked"), 0o500);
      const { code, output } = await command("asyncapi.yaml", "-o", "locked/sdk");
      expect(code).toBe(1);
      expect(output).toMatch(/^alternats-gen: the SDK cannot be written to locked\/sdk: /);
    },
  );

  it("removes files of an earlier run that are no longer generated, and no other files", async () => {
    await bench.write("asyncapi.yaml", good);
    await command("asyncapi.yaml");
    const manifest = join(bench.folder, "sdk/alternats.json");
    const { files, ...rest } = JSON.parse(await readFile(manifest, "utf8"));
    const gone = "export {};\n";
    const sum = createHash("sha256").update(gone).digest("hex");
    const named = { "gone.ts": sum, "edited.ts": sum, "../asyncapi.yaml": "0" };
    await writeFile(manifest, JSON.stringify({ ...rest, files: { ...files, ...named } }));
    await bench.write("sdk/gone.ts", gone);
    await bench.write("sdk/edited.ts", "export const mine = 1;\n");
    await bench.write("sdk/theirs.ts", "export {};\n");
    const { code, output } = await command("asyncapi.yaml");
    expect(code).toBe(0);
    expect(output).toBe(
      "sdk/index.ts: 1 file changed, 1 removed, 9 unchanged\n  ~ alternats.json\n  - gone.ts\n",
    );
    expect(await bench.list("sdk")).toContain("theirs.ts");
    expect(await bench.list("sdk")).toContain("edited.ts");
    expect(await bench.list("sdk")).not.toContain("gone.ts");
    expect(await readFile(join(bench.folder, "asyncapi.yaml"), "utf8")).toBe(good);
  });

  it("writes nothing if a file of the user is in the way", async () => {
    await bench.write("asyncapi.yaml", good);
    await bench.write("mine/README.md", "# My project\n");
    const { code, output } = await command("asyncapi.yaml", "-o", "mine");
    expect(code).toBe(1);
    expect(output).toContain("README.md is there and was not written by alternats-gen");
    expect(await bench.list("mine")).toEqual(["README.md"]);
    expect(await readFile(join(bench.folder, "mine/README.md"), "utf8")).toBe("# My project\n");
  });

  it("writes the requested side and checks", async () => {
    await bench.write("asyncapi.yaml", good);
    const { output } = await command("asyncapi.yaml", "--role", "client", "--validate", "receive");
    expect(output).toBe("sdk/index.ts: 12 files added\n");
    expect(await bench.list("sdk")).toContain("validators.js");
    expect(
      JSON.parse(await readFile(join(bench.folder, "sdk/alternats.json"), "utf8")),
    ).toMatchObject({ options: { role: "client", validate: "receive" } });
    expect((await command("asyncapi.yaml")).output).toMatch(
      /: 2 files changed, 2 removed, 8 unchanged\n/,
    );
    expect(await bench.list("sdk")).not.toContain("validators.js");
  });

  it("reports as one line of JSON for programs", async () => {
    await bench.write("asyncapi.yaml", good.replace("protocol: nats", "protocol: mqtt"));
    const done = await command("asyncapi.yaml", "--json");
    expect(done.code).toBe(0);
    expect(done.output).toMatch(/^[^\n]+\n$/);
    const warning = { severity: "warning", code: "no-nats-server", file: "asyncapi.yaml", line: 3 };
    expect(JSON.parse(done.output)).toMatchObject({
      done: true,
      sdks: [
        {
          done: true,
          document: "asyncapi.yaml",
          output: "sdk",
          errors: 0,
          warnings: 1,
          diagnostics: [warning],
          removed: [],
        },
      ],
    });
    expect(JSON.parse(done.output).sdks[0].added).toHaveLength(10);
    await bench.write("asyncapi.yaml", good.replace("type: string", 'type: "\\e[31mred\\u202e"'));
    const failed = await command("asyncapi.yaml", "--json");
    expect(failed.code).toBe(1);
    expect(failed.output).not.toContain("\u001b");
    expect(failed.output).not.toContain("\u202e");
    const [summary] = JSON.parse(failed.output).sdks;
    expect(summary).toMatchObject({ done: false, added: [], changed: [], removed: [] });
    expect(summary.diagnostics).toHaveLength(summary.errors);
    await bench.write("asyncapi.yaml", good);
    await bench.write("taken", "a file\n");
    const [unwritable] = JSON.parse(
      (await command("asyncapi.yaml", "-o", "taken", "--json")).output,
    ).sdks;
    expect(unwritable).toMatchObject({ done: false, errors: 0, diagnostics: [] });
    expect(unwritable.failure).toMatch(/^the SDK cannot be written to taken: /);
  });

  it("uses colours on a terminal only", async () => {
    const said = async (colored: boolean): Promise<string> => {
      let text = "";
      await program([join(bench.folder, "nowhere.yaml")], {
        out: (part) => (text += part),
        error: (part) => (text += part),
        colored,
        isTerminal: false,
        columns: 80,
        canAsk: false,
      });
      return text;
    };
    expect(await said(true)).toContain("\u001b[31merror\u001b[0m");
    expect(await said(false)).not.toContain("\u001b");
  });

  it.each([
    [["asyncapi.yaml", "--role", "server"], '--role is application or client, not "server".'],
    [["asyncapi.yaml", "--validate", "yes"], '--validate is receive, send or both, not "yes".'],
    [["asyncapi.yaml", "--ouput", "x"], "Unknown option --ouput. Did you mean --output?"],
    [["asyncapi.yaml", "--versio"], "Unknown option --versio. Did you mean --version?"],
    [
      ["asyncapi.yaml", "--frobnicate"],
      "Unknown option --frobnicate. See alternats-gen generate --help.",
    ],
    [["asyncapi.yaml", "-x"], "Unknown option -x. See alternats-gen generate --help."],
    [["asyncapi.yaml", "-o"], "-o lacks its <folder>. See alternats-gen generate --help."],
    [
      ["asyncapi.yaml", "other.yaml"],
      `"other.yaml" is one argument too many. See alternats-gen generate --help.`,
    ],
    [
      [],
      'Name the AsyncAPI document: alternats-gen <document>, or in alternats.config.ts as "document".',
    ],
    [["genrate", "a.yaml"], "Unknown command genrate. Did you mean generate?"],
    [["generate", "a.yaml", "--chek"], "Unknown option --chek. Did you mean --check?"],
    [["asyncapi.yaml", "--json=yes"], "--json takes no value. See alternats-gen generate --help."],
    [
      ["asyncapi.yaml", "-o", "--json"],
      "-o lacks its <folder>. See alternats-gen generate --help.",
    ],
    [
      ["asyncapi.yaml", "--check", "--watch"],
      "--check compares once, --watch continues: use one of them.",
    ],
    [
      ["asyncapi.yaml", "--package", "x"],
      'package is "x", but only an SDK with the target js is a package.',
    ],
    [
      ["asyncapi.yaml", "--package", "A b", "--target", "js"],
      '--package is a name for npm (small letters, digits, - . _ ~, perhaps after @scope/), not "A b".',
    ],
    [
      ["asyncapi.yaml", "--import-extension", "ts", "--target", "js"],
      "With the target js, importExtension is js.",
    ],
  ])("answers wrong usage with exit code 2: %j", async (args, message) => {
    expect(await command(...args)).toEqual({ code: 2, output: `alternats-gen: ${message}\n` });
  });

  it("prints no control characters", async () => {
    await bench.write("asyncapi.yaml", good.replace("type: string", 'type: "\\e[31mred\\a"'));
    const { code, output } = await command("asyncapi.yaml");
    expect(code).toBe(1);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there.
    expect(output).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  });
});
