import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { addScripts } from "../../../generator/src/commands/init/package-scripts.ts";
import { type Broker, startBroker } from "../../support/broker.js";
import { whenBuilt } from "../../support/built.js";
import { run, Workbench } from "../support/workbench.js";
import { runHere, runIn, terminal } from "./support.js";

/** A program on the SDK of the first document. */
const program = `import { NatsConnection } from "alternats";
import { playerChattedMessages, publishPlayerChatted, requestKickPlayer, respondKickPlayer } from "./sdk/index.js";

const nats = new NatsConnection({ servers: process.argv[2]! });
const heard = playerChattedMessages(nats, { serverId: "eu-1" });
await respondKickPlayer(nats, { serverId: "eu-1" }, ({ player_id }) => ({ was_online: player_id === "7" }));
await nats.flush();
const chat = { chatted_at: new Date().toISOString(), player_name: "Ada", text: "hello" };
await publishPlayerChatted(nats, { serverId: "eu-1", playerId: "7" }, chat);
const { value } = await heard.next();
const reply = await requestKickPlayer(nats, { serverId: "eu-1" }, { player_id: "7", reason: "idle" });
console.log(value.params.playerId, value.message.text, reply.was_online);
await nats.close();
`;

await whenBuilt("runtime");

describe("alternats-gen init", { timeout: 60_000 }, () => {
  let bench: Workbench;
  const read = (path: string): Promise<string> => readFile(join(bench.folder, path), "utf8");

  beforeEach(async () => {
    bench = await Workbench.open();
  });
  afterEach(() => bench[Symbol.asyncDispose]());

  it("writes a document that generates, follows GamingAPI's rules, compiles, and works with a server", async () => {
    const { code, out } = await runIn(bench.folder, [
      "init",
      "--yes",
      "--ci",
      "--title",
      'Our "game"',
    ]);
    expect(out).toContain("asyncapi.yaml written\nalternats.config.ts written\n");
    expect(code).toBe(0);
    expect(await runHere(bench.folder, ["lint"])).toMatchObject({
      code: 0,
      out: "1 document: no problems\n",
    });
    expect((await runIn(bench.folder, ["--quiet"])).code).toBe(0);
    expect(await read("src/sdk/README.md")).toContain('# Our "game"');
    await bench.write("src/program.ts", program);
    const types = {
      rewriteRelativeImportExtensions: true,
      noEmit: false,
      outDir: "dist",
      rootDir: "src",
    };
    expect(await bench.compile({ ...types, exclude: ["alternats.config.ts"] })).not.toContain(
      "src/",
    );
    const broker: Broker = await startBroker();
    try {
      const ran = await run(process.execPath, ["dist/program.js", broker.url], bench.folder);
      expect(ran).toEqual({ code: 0, output: "7 hello true\n" });
    } finally {
      await broker[Symbol.asyncDispose]();
    }
    const { jobs } = parse(await read(".github/workflows/sdk.yml"));
    const commands = jobs.sdk.steps.flatMap(({ run }: { run?: string }) => run ?? []).join("\n");
    for (const command of ["--check", "lint", "diff"])
      expect(commands).toContain(`npx alternats-gen ${command}`);
  });

  it.each([
    ["asyncapi.yaml", '"3.0.0"'],
    ["api/orders.asyncapi.yml", "2.6.0"],
  ])("keeps the document that the project has: %s", async (path, version) => {
    const channels = version.includes("2.6")
      ? "channels: { moved: { publish: { message: { payload: { type: string } } } } }"
      : "channels: { moved: { address: moved, messages: { m: { payload: { type: string } } } } }";
    const text = `asyncapi: ${version}\ninfo: { title: T, version: "1" }\nservers: { n: { ${version.includes("2.6") ? "url" : "host"}: h, protocol: nats } }\n${channels}\n`;
    await bench.write(path, text);
    const { code, out } = await runHere(bench.folder, ["init", "--yes", "--ci"]);
    expect([code, out]).toEqual([0, expect.stringContaining(`${path} is the document`)]);
    expect(await read(path)).toBe(text);
    expect(await read("alternats.config.ts")).toContain(`document: ${JSON.stringify(path)}`);
    expect(await read("alternats.config.ts")).toContain('root: "."');
    expect(await read(".github/workflows/sdk.yml")).toContain(`DOCUMENT: ${JSON.stringify(path)}`);
    expect(await bench.list()).not.toContain(path === "asyncapi.yaml" ? "api" : "asyncapi.yaml");
    expect((await runIn(bench.folder, ["--quiet"])).code).toBe(0);
    expect(await bench.list("src/sdk")).toContain("types.ts");
  });

  it("refuses a named file that is no document", async () => {
    await bench.write("schema.json", "{}");
    expect(await runHere(bench.folder, ["init", "--yes", "--document", "schema.json"])).toEqual({
      code: 1,
      out: "",
      error: "alternats-gen: schema.json is no AsyncAPI document; nothing was written.\n",
    });
    expect(await bench.list()).not.toContain("alternats.config.ts");
  });

  it("adds the workflow to a project that has a configuration", async () => {
    await bench.write("alternats.config.json", '{ "document": "api/events.yaml" }');
    expect(await runHere(bench.folder, ["init", "--yes", "--ci"])).toEqual({
      code: 0,
      out: ".github/workflows/sdk.yml written\n",
      error: "",
    });
    expect(await read(".github/workflows/sdk.yml")).toContain('DOCUMENT: "api/events.yaml"');
    expect(await runHere(bench.folder, ["init", "--yes", "--ci"])).toMatchObject({ code: 1 });
  });

  it("refuses to overwrite a file, and then writes nothing", async () => {
    await bench.write("alternats.config.yaml", "document: other.yaml\n");
    const { code, error } = await runIn(bench.folder, ["init", "--yes"]);
    expect(code).toBe(1);
    expect(error).toBe(
      "alternats-gen: alternats.config.yaml exists already; nothing was written.\n",
    );
    expect(await bench.list()).not.toContain("asyncapi.yaml");
    expect(await read("package.json")).toBe('{ "type": "module" }\n');
  });

  it("asks nothing without a terminal, and explains the next step", async () => {
    expect(await runIn(bench.folder, ["init"])).toEqual({
      code: 2,
      out: "",
      error: "alternats-gen: There is no terminal for questions. Use the defaults with --yes.\n",
    });
  });

  it("asks on a terminal, with proposals", async () => {
    const running = terminal(bench.folder, ["init"], "pipe");
    const answers = [
      ["Title of the document", "\r"],
      ["Path of the document", "\r"],
      ["Folder of the SDK", "\r"],
      ["Add a workflow for GitHub?", "y\r"],
    ] as const;
    for (const [question, answer] of answers) {
      await running.says(question);
      running.child.stdin?.write(answer);
    }
    const { code } = await running.ended;
    expect(code).toBe(0);
    expect(await bench.list()).toContain("asyncapi.yaml");
    expect(await bench.list(".github/workflows")).toEqual(["sdk.yml"]);
  });

  it.each([["../asyncapi.yaml"], ["/tmp/asyncapi.yaml"]])(
    "writes nothing outside its folder: %s",
    async (document) => {
      const { code, error } = await runIn(bench.folder, ["init", "--yes", "--document", document]);
      expect(error).toContain("is outside of the working folder");
      expect(code).toBe(2);
    },
  );
});

describe("scripts added to a package.json", () => {
  const scripts = { generate: "alternats-gen", "check:sdk": "alternats-gen --check" };

  it.each([
    [
      "tabs, and lists in one line",
      '{\n\t"files": ["a", "b"],\n\t"scripts": {\n\t\t"test": "x"\n\t},\n\t"z": 1\n}\n',
      '{\n\t"files": ["a", "b"],\n\t"scripts": {\n\t\t"test": "x",\n\t\t"generate": "alternats-gen",\n\t\t"check:sdk": "alternats-gen --check"\n\t},\n\t"z": 1\n}\n',
    ],
    [
      "no scripts, and Windows' ends of lines",
      '{\r\n    "name": "x"\r\n}\r\n',
      '{\r\n    "name": "x",\r\n    "scripts": {\r\n        "generate": "alternats-gen",\r\n        "check:sdk": "alternats-gen --check"\r\n    }\r\n}\r\n',
    ],
    [
      "scripts that are empty",
      '{\n  "scripts": {}\n}',
      '{\n  "scripts": {\n    "generate": "alternats-gen",\n    "check:sdk": "alternats-gen --check"\n  }\n}',
    ],
  ])("keep all other characters: %s", (_what, text, wanted) => {
    expect(addScripts(text, scripts)).toEqual({
      text: wanted,
      added: ["generate", "check:sdk"],
      kept: [],
    });
  });

  it("keep existing scripts", () => {
    const text = '{"scripts": {"generate": "mine"}}';
    const { text: changed, kept } = addScripts(text, scripts);
    expect(JSON.parse(changed).scripts).toEqual({ ...scripts, generate: "mine" });
    expect(kept).toEqual(["generate"]);
  });

  it.each([["[]"], ["{"], ['{"scripts": 1}'], [""]])("are not added to %j", (text) => {
    expect(() => addScripts(text, scripts)).toThrow("package.json is no JSON object");
  });
});
