import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startBroker } from "../support/broker.js";
import { whenBuilt } from "../support/built.js";

await whenBuilt("runtime");

const root = join(import.meta.dirname, "../..");
const run = promisify(execFile);

let project: string;
beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), "alternats-override-"));
  const installed = ["nats-core", "jetstream", "nkeys", "nuid"].map((name) => `@nats-io/${name}`);
  const names = ["alternats", ...installed, "tweetnacl"];
  const folders = names.map((name) => realpath(join(root, "node_modules", name)));
  const pack = ["pack", "--json", "--ignore-scripts", "--pack-destination", project];
  const { stdout } = await run("npm", [...pack, ...(await Promise.all(folders))]);
  const packed: { name: string; filename: string }[] = JSON.parse(stdout);
  const tarballs = packed.map(({ name, filename }) => [name, `file:${filename}`]);
  // A library that a program uses, and that knows nothing of us.
  const library = join(project, "library");
  await mkdir(library);
  await writeFile(
    join(library, "package.json"),
    JSON.stringify({
      name: "library",
      version: "1.0.0",
      main: "index.cjs",
      dependencies: { "@nats-io/transport-node": "^3.4.0" },
    }),
  );
  await writeFile(
    join(library, "index.cjs"),
    `const { connect, headers, RequestError } = require("@nats-io/transport-node");
     module.exports = { connect, headers, RequestError };`,
  );
  await writeFile(
    join(project, "package.json"),
    JSON.stringify({
      private: true,
      dependencies: { ...Object.fromEntries(tarballs), library: "file:library" },
      // As docs/nats-core.md has it.
      overrides: { "@nats-io/transport-node": "file:node_modules/alternats/transport-node" },
    }),
  );
  await run("npm", ["install", "--offline", "--no-audit", "--no-fund"], { cwd: project });
}, 60_000);
afterAll(() => rm(project, { recursive: true, force: true }));

describe("an override in a user's package.json", () => {
  it("replaces @nats-io/transport-node with ours, also for dependencies", async () => {
    expect(await realpath(join(project, "node_modules/@nats-io/transport-node"))).toBe(
      await realpath(join(project, "node_modules/alternats/transport-node")),
    );
    expect(await readdir(join(project, "library"))).not.toContain("node_modules");
    await writeFile(
      join(project, "program.mjs"),
      `import { connect, headers, RequestError } from "library";
       import { jetstream, jetstreamManager } from "@nats-io/jetstream";
       import * as core from "@nats-io/nats-core";
       import * as ours from "alternats/nats-core";
       import * as transport from "@nats-io/transport-node";
       const nc = await connect({ servers: process.argv[2] });
       await (await jetstreamManager(nc)).streams.add({ name: "S", subjects: ["s.>"] });
       const ack = await jetstream(nc).publish("s.1", "x", { headers: headers() });
       const refused = await nc.request("nobody").catch((error) => error);
       await nc.close();
       console.log(JSON.stringify({
         seq: ack.seq,
         connect: connect === ours.connect && connect === transport.connect,
         errors: refused instanceof core.errors.RequestError && RequestError === core.RequestError,
       }));`,
    );
    await using broker = await startBroker({ jetStream: true });
    const { stdout } = await run(process.execPath, ["program.mjs", broker.url], { cwd: project });
    expect(JSON.parse(stdout)).toEqual({ seq: 1, connect: true, errors: true });
  });

  it("includes the types", async () => {
    await writeFile(
      join(project, "program.mts"),
      `import { connect, type Msg, type NatsConnection } from "@nats-io/transport-node";
       import { jetstream } from "@nats-io/jetstream";
       const nc: NatsConnection = await connect({ tls: { rejectUnauthorized: false } });
       export const asked: Msg = await nc.request("x");
       jetstream(nc);`,
    );
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    const types = ["--typeRoots", join(root, "node_modules/@types"), "--types", "node"];
    const options = ["--noEmit", "--strict", "--exactOptionalPropertyTypes", "--skipLibCheck"];
    const { stdout } = await run(
      process.execPath,
      [tsc, ...options, "--module", "nodenext", "--target", "es2022", ...types, "program.mts"],
      { cwd: project },
    ).catch((failure: { stdout: string }) => failure);
    expect(stdout).toBe("");
  });
});
