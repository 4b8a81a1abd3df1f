import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Ajv } from "ajv";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { generateCommandOptions } from "../../../generator/src/commands/generate/options.ts";
import { project } from "../../support/project.js";
import { Workbench } from "../support/workbench.js";
import { good, type Result, runHere } from "./support.js";

/** A configuration with every key, written by hand. */
const whole = {
  $schema: "./node_modules/alternats-gen/dist/config.schema.json",
  document: "asyncapi.yaml",
  output: "sdk",
  root: ".",
  role: "client",
  validate: "both",
  importExtension: "none",
  lineEnding: "crlf",
  target: "ts",
  package: "@game/sdk",
  quiet: true,
  accounts: {
    APP: { disk: "10GB", streams: 3 },
    PARTNER: { connections: 5, imports: { APP: { subscribe: "*", parameters: { id: 7 } } } },
  },
  roles: {
    viewer: { description: "Watches", account: "FANS", subscribe: "*", users: ["tv", "web"] },
    server: {
      publish: ["opened", "closed"],
      respond: "kick",
      request: "time",
      parameters: { region: "eu" },
      users: { "eu-1": { server_id: 1 }, "eu-2": { server_id: [2, "two"] } },
    },
  },
  sdks: [
    {
      document: "asyncapi.yaml",
      output: "sdk",
      root: ".",
      role: "application",
      validate: "send",
      importExtension: "js",
      lineEnding: "lf",
      target: "js",
      package: "sdk",
    },
    { role: "application", validate: "receive", importExtension: "ts" },
  ],
};

/** One thing wrong in each, and what the message says of it. */
const wrong: readonly (readonly [object, string])[] = [
  [{ ouput: "x" }, 'unknown key "ouput". Did you mean "output"?'],
  [
    { sdks: [{}, { importExtention: "js" }] },
    'unknown key "sdks[1].importExtention". Did you mean "importExtension"?',
  ],
  [
    { frobnicate: 1 },
    'unknown key "frobnicate". There are $schema, accounts, allowNet, ambiguous,',
  ],
  [{ sdks: [{ quiet: true }] }, 'unknown key "sdks[0].quiet".'],
  [{ role: "server" }, 'role is application or client, not "server".'],
  [{ document: 1 }, "document is text, not 1."],
  [{ output: "" }, 'output is text, not "".'],
  [{ quiet: "yes" }, 'quiet is true or false, not "yes".'],
  [{ accounts: { APP: { disk: true } } }, "accounts.APP.disk is a number such as 4096 or 64KB"],
  [{ roles: ["viewer"] }, 'roles is an object, not ["viewer"].'],
  [{ sdks: [] }, "sdks is a list of SDKs, not []."],
  [{ sdks: ["a"] }, 'sdks[0] is an object, not "a".'],
];

describe("the configuration", { timeout: 40_000 }, () => {
  let bench: Workbench;
  const command = (...args: readonly string[]): Promise<Result> => runHere(bench.folder, args);
  const optionsOf = async (sdk: string): Promise<unknown> =>
    JSON.parse(await readFile(join(bench.folder, sdk, "alternats.json"), "utf8")).options;

  beforeEach(async () => {
    bench = await Workbench.open();
    await bench.write("asyncapi.yaml", good);
  });

  afterEach(() => bench[Symbol.asyncDispose]());

  // A document that is not there: it ends before the parser is loaded.
  it.each([
    [
      "alternats.config.ts",
      'import { defineConfig } from "alternats-gen";\nconst document: string = "its.yaml";\nexport default defineConfig({ document });\n',
    ],
    ["alternats.config.js", 'export default { document: "its.yaml" };\n'],
    ["alternats.config.mjs", 'export default { document: "its.yaml" };\n'],
    ["alternats.config.json", '{ "$schema": "x", "document": "its.yaml" }\n'],
    ["alternats.config.yaml", "document: its.yaml\n"],
    ["package.json", '{ "type": "module", "alternats": { "document": "its.yaml" } }\n'],
  ])("is read from %s", async (name, text) => {
    await bench.write(name, text);
    expect((await command("--quiet")).error).toContain("its.yaml:1:1 error");
  });

  it("generates several SDKs relative to its own folder, and flags override it", async () => {
    await bench.write(
      "alternats.config.json",
      JSON.stringify({
        document: "asyncapi.yaml",
        validate: "receive",
        sdks: [
          { output: "a/sdk", role: "application" },
          { output: "b/sdk", validate: "send" },
        ],
      }),
    );
    await bench.write("a/b/c.txt", "");
    const { out, error, code } = await runHere(join(bench.folder, "a/b"), ["--role", "client"]);
    expect([code, error.split("\n").filter((line) => !line.includes(" ms"))]).toEqual([0, [""]]);
    expect(out).toBe("../sdk/index.ts: 12 files added\n../../b/sdk/index.ts: 12 files added\n");
    expect(await optionsOf("a/sdk")).toEqual({ role: "client", validate: "receive" });
    expect(await optionsOf("b/sdk")).toEqual({ role: "client", validate: "send" });
    expect(await command("-o", "c")).toEqual({
      code: 2,
      out: "",
      error: "alternats-gen: output is for one SDK; alternats.config.json has 2 of this.\n",
    });
  });

  it("applies its settings to a document that it does not name, but not its paths", async () => {
    await bench.write(
      "alternats.config.yaml",
      "document: asyncapi.yaml\noutput: mine\nrole: client\nquiet: true\n",
    );
    await bench.write("other.yaml", good);
    expect(await command("other.yaml")).toEqual({ code: 0, out: "", error: "" });
    expect(await optionsOf("sdk")).toEqual({ role: "client" });
    expect(await bench.list()).not.toContain("mine");
  });

  it("is not searched above the package, and is read from elsewhere only by name", async () => {
    await bench.write("alternats.config.json", '{ "document": "asyncapi.yaml" }');
    await bench.write("package/package.json", "{}");
    const inner = join(bench.folder, "package");
    expect((await runHere(inner, [])).error).toContain("Name the AsyncAPI document");
    expect((await runHere(inner, ["-c", "../alternats.config.json"])).out).toBe(
      "../sdk/index.ts: 10 files added\n",
    );
    expect((await runHere(inner, ["-c", "nowhere.json"])).error).toBe(
      "alternats-gen: nowhere.json: there is no such configuration.\n",
    );
  });

  it("is unique, has a folder for each SDK, and is readable", async () => {
    await bench.write("alternats.config.json", "{");
    expect(await command()).toMatchObject({
      code: 2,
      error: expect.stringMatching(/^alternats-gen: alternats\.config\.json cannot be read: /),
    });
    await bench.write("alternats.config.yaml", "document: asyncapi.yaml\n");
    expect(await command()).toMatchObject({
      code: 2,
      error:
        "alternats-gen: alternats.config.json and alternats.config.yaml both are configurations. Keep one.\n",
    });
    const config = "alternats.config.yaml";
    await bench.write(config, "document: asyncapi.yaml\nsdks: [{}, { role: client }]\n");
    expect(await command("-c", config)).toMatchObject({
      code: 2,
      error: 'alternats-gen: Two SDKs go to sdk. Give each its own "output".\n',
    });
  });

  it.each(wrong)("rejects unknown settings: %j", async (config, message) => {
    await bench.write("alternats.config.json", JSON.stringify(config));
    const { code, error } = await command();
    expect(error).toContain(`alternats-gen: alternats.config.json: ${message}`);
    expect(code).toBe(2);
  });
});

describe("schema, types and command line of the configuration", () => {
  it("the schema accepts every key, and nothing that the program rejects", async () => {
    const file = join(project, "generator/dist/config.schema.json");
    const validate = new Ajv({ strict: true }).compile(JSON.parse(await readFile(file, "utf8")));
    expect([validate(whole), validate.errors]).toEqual([true, null]);
    for (const [config] of wrong) expect([config, validate(config)]).toEqual([config, false]);
  });

  it("the program accepts every key of the schema", async () => {
    const { checkConfig } = await import("../../../generator/src/workshop/config/check-config.ts");
    expect(checkConfig(whole, "here")).toBe(whole);
  });

  it("the types accept every key, and nothing that the program rejects", async () => {
    await using bench = await Workbench.open();
    const define = 'import { defineConfig } from "alternats-gen";\n';
    await bench.write("whole.ts", `${define}defineConfig(${JSON.stringify(whole)});\n`);
    // That a list or a text is empty is nothing that types say.
    const typed = wrong.filter(([, message]) => !/\[\]|""/.test(message));
    const cases = typed.map(
      ([config]) => `// @ts-expect-error\ndefineConfig(${JSON.stringify(config)});\n`,
    );
    await bench.write("wrong.ts", define + cases.join(""));
    expect(await bench.compile()).toBe("");
  });

  it("the command line has every setting of an SDK in the schema, and otherwise only options of a run", async () => {
    const file = join(project, "generator/dist/config.schema.json");
    const { properties } = JSON.parse(await readFile(file, "utf8"));
    const {
      $schema: _,
      sdks,
      lint: __,
      roles: ___,
      accounts: ____,
      streams,
      ...shared
    } = properties;
    const runs = ["config", "check", "watch", "verbose", "json"];
    const options = Object.entries(generateCommandOptions).filter(([name]) => !runs.includes(name));
    expect(["document", ...options.map(([name]) => name)].sort()).toEqual(
      Object.keys(shared).sort(),
    );
    for (const [name, option] of options) {
      const choices = "choices" in option ? option.choices : undefined;
      expect([name, shared[name].enum]).toEqual([name, choices]);
    }
    const { quiet: _____, ...each } = shared;
    expect(sdks.items.properties).toEqual({ ...each, streams });
  });
});
