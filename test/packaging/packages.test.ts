import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Broker, startBroker } from "../support/broker.js";
import { type Packed, pack, root } from "./pack.js";

const run = promisify(execFile);
const { resolve } = createRequire(import.meta.url);
const attw = join(dirname(resolve("@arethetypeswrong/cli/package.json")), "dist/index.js");

let folder: string;
const packages = new Map<string, Packed>();
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "alternats-packages-"));
  for (const workspace of ["runtime", "generator", "templates"]) {
    packages.set(workspace, await pack(workspace, folder));
  }
}, 60_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A folder for a user's program, outside the project, so that nothing is found by accident. */
async function emptyProject(name: string): Promise<string> {
  const project = join(folder, name);
  await mkdir(join(project, "node_modules"), { recursive: true });
  await writeFile(join(project, "package.json"), '{ "private": true }');
  return project;
}

const always = ["package.json", "README.md", "LICENSE"];

describe.each([
  [
    "runtime",
    /^(?:dist\/.*(?:\.js|\.d\.ts)|transport-node\/(?:package\.json|index\.(?:js|d\.ts)))$/,
  ],
  [
    "generator",
    /^(?:bin\/.*\.js|dist\/.*(?:\.js|\.d\.ts)|dist\/config\.schema\.json|dist\/licences\.txt|schemas\/.*\.json)$/,
  ],
  ["templates", /^(?:sdk\/.*\.hbs|(?:hooks|template)\/.*\.js)$/],
])("the package in %s/", (workspace, own) => {
  it("contains all files named by its exports and commands, README and licence", () => {
    const { manifest, files } = packages.get(workspace)!;
    const { exports, bin = {} } = manifest;
    const exported = Object.values(exports).flatMap((one) =>
      typeof one === "string" ? [one] : Object.values(one),
    );
    const named = [...exported, ...Object.values(bin)]
      .map((path) => path.replace(/^\.\//, ""))
      .filter((path) => !path.includes("*"));
    expect([...always, ...named].filter((path) => !files.includes(path))).toEqual([]);
  });

  it("contains nothing else", () => {
    const { files } = packages.get(workspace)!;
    expect(files.filter((path) => !always.includes(path) && !own.test(path))).toEqual([]);
  });

  it("passes publint", async () => {
    const tarball = new Uint8Array(await readFile(packages.get(workspace)!.tarball)).buffer;
    const { messages, pkg } = await publint({ strict: true, pack: { tarball } });
    expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([]);
  });
});

describe.each(["runtime", "generator"])("the compiled package in %s/", (workspace) => {
  it("passes arethetypeswrong as an ESM-only package", async () => {
    const { tarball } = packages.get(workspace)!;
    await run(process.execPath, [attw, tarball, "--profile", "esm-only"]);
  }, 60_000);

  it("contains nothing compiled from a removed source", () => {
    const stale = packages
      .get(workspace)!
      .files.filter((path) => path.startsWith("dist/") && path.endsWith(".d.ts"))
      .map((path) => path.replace("dist/", "src/").replace(".d.ts", ".ts"))
      .filter((source) => !existsSync(join(root, workspace, source)));
    expect(stale).toEqual([]);
  });
});

describe("alternats, installed from its tarball into an empty project", () => {
  let broker: Broker;
  let project: string;
  beforeAll(async () => {
    broker = await startBroker();
    project = await emptyProject("runtime-user");
    const { tarball } = packages.get("runtime")!;
    await run("npm", ["install", "--offline", "--no-audit", "--no-fund", tarball], {
      cwd: project,
    });
  }, 60_000);
  afterAll(() => broker?.[Symbol.asyncDispose]());

  const body = `
    async function main() {
      const nats = new NatsConnection({ servers: process.argv[2] });
      const arrived = new Promise((resolve) => nats.subscribe("greeting", resolve));
      await nats.flush();
      await nats.publish("greeting", { hello: subject("to.{who}").at({ who: "you" }).subject });
      console.log(JSON.stringify(await arrived));
      await nats.close();
    }
    main();
  `;

  it("installs no other package", async () => {
    const installed = await readdir(join(project, "node_modules"));
    expect(installed.filter((name) => !name.startsWith("."))).toEqual(["alternats"]);
  });

  it.each([
    [
      "an ECMAScript module",
      "program.mjs",
      'import { NatsConnection } from "alternats";\nimport { subject } from "alternats/sdk";',
    ],
    [
      "CommonJS",
      "program.cjs",
      'const { NatsConnection } = require("alternats");\nconst { subject } = require("alternats/sdk");',
    ],
  ])("works from %s", async (_kind, file, imports) => {
    await writeFile(join(project, file), `${imports}\n${body}`);
    const { stdout } = await run(process.execPath, [file, broker.url], { cwd: project });
    expect(stdout).toBe('{"hello":"to.you"}\n');
  });

  it("has types that need no types of Node.js", async () => {
    await writeFile(
      join(project, "typed.ts"),
      `export { NatsConnection } from "alternats";
       export { NatsConnection as InBrowser } from "alternats/ws";
       export { channel } from "alternats/sdk";`,
    );
    const options = ["--strict", "--noEmit", "--module", "nodenext", "--target", "es2022"];
    const lib = ["--lib", "es2023,esnext.disposable,dom", "--types", ""];
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    const compiled = run(process.execPath, [tsc, ...options, ...lib, "typed.ts"], { cwd: project });
    await expect(compiled).resolves.toMatchObject({ stdout: "" });
  }, 60_000);

  it("reports which package a WebSocket needs", async () => {
    await writeFile(
      join(project, "websocket.mjs"),
      // Some folder above the temporary one may hold the package.
      `import { register } from "node:module";
       import { NatsConnection } from "alternats";
       register('data:text/javascript,export const resolve = (name, context, next) => next(name.replace(/^ws$/, "absent"), context)');
       const nats = new NatsConnection({ servers: "ws://127.0.0.1:1" });
       await nats.connect().catch((error) => console.log(error.message));`,
    );
    const { stdout } = await run(process.execPath, ["websocket.mjs"], { cwd: project });
    expect(stdout).toContain("a ws:// address needs the package ws: npm install ws");
  });
});

describe("alternats-gen, unpacked from its tarball into an empty project", () => {
  const document = {
    asyncapi: "3.0.0",
    info: { title: "Packed", version: "1.0.0" },
    channels: {
      greeting: { address: "greeting", messages: { hello: { payload: { type: "string" } } } },
    },
    operations: { greet: { action: "send", channel: { $ref: "#/channels/greeting" } } },
  };

  it("generates an SDK", async () => {
    const project = await emptyProject("generator-user");
    const modules = join(project, "node_modules");
    const { tarball, manifest } = packages.get("generator")!;
    await run("tar", ["-xzf", tarball, "-C", modules]);
    // Its dependencies are not downloaded for a test: those of the project serve.
    for (const name of Object.keys(manifest.dependencies ?? {})) {
      await mkdir(dirname(join(modules, name)), { recursive: true });
      await symlink(join(root, "node_modules", name), join(modules, name));
    }
    await writeFile(join(project, "asyncapi.json"), JSON.stringify(document));
    const command = join(modules, "package", manifest.bin!["alternats-gen"]!);
    await run(process.execPath, [command, "asyncapi.json", "-o", "sdk"], { cwd: project });
    expect(await readFile(join(project, "sdk/operations.ts"), "utf8")).toContain(
      "export const publishGreet: ",
    );
  }, 60_000);
});
