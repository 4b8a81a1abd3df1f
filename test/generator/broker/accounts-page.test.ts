import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { natsServer } from "../../../examples/broker/src/nats-server.js";
import {
  createAccountOptions,
  createUserOptions,
} from "../../../generator/src/commands/account/options.ts";
import { brokerCommandOptions } from "../../../generator/src/commands/broker/options.ts";
import type { Broker } from "../../support/broker.js";
import { project } from "../../support/project.js";
import { executable } from "../cli/support.js";
import { startConfigured } from "./support.js";

const run = promisify(execFile);
const page = await readFile(join(project, "docs/accounts.md"), "utf8");

it("the commands of docs/accounts.md lead from a document to a broker and a user", async () => {
  const place = await mkdtemp(join(tmpdir(), "alternats-accounts-"));
  const folder = join(place, "arena");
  const commands = join(place, "bin");
  await mkdir(folder);
  await mkdir(commands);
  await symlink(executable, join(commands, "alternats-gen"));
  await symlink(natsServer(), join(commands, "nats-server"));
  await symlink(join(project, "node_modules"), join(folder, "node_modules"));
  const env: Record<string, string | undefined> = {
    ...process.env,
    HOME: place,
    PATH: `${commands}${delimiter}${process.env.PATH}`,
  };
  await run("git", ["init", "-q"], { cwd: folder });
  const shell = async (text: string): Promise<string> => {
    const { stdout } = await run("sh", ["-ec", text], { cwd: folder, env });
    return stdout;
  };
  let said = "";
  const brokers: Broker[] = [];
  const start = async (name: string): Promise<Broker> => {
    const secrets = join(place, ".alternats/arena");
    const broker = await startConfigured(
      join(folder, "broker"),
      secrets,
      name,
      brokers.at(-1)?.clusterUrl,
    );
    brokers.push(broker);
    return broker;
  };
  try {
    for (const [, language, note, text = ""] of page.matchAll(
      /^```(\w+) ?(.*)\n([\s\S]*?)^```$/gm,
    )) {
      if (language !== "sh" && note === "") continue;
      if (language !== "sh") await writeFile(join(folder, note!), text);
      else if (note === "server") {
        env.NATS_URL = (await start(/nats-\d/.exec(text)![0])).url;
      } else if (note === "servers") {
        said += await shell(text.replaceAll(/nats-server (.*) &/g, "nats-server -t $1"));
        for (const broker of brokers.splice(0)) await broker[Symbol.asyncDispose]();
        for (const [, name] of text.matchAll(/(nats-\d)\.conf/g)) await start(name!);
        env.NATS_URL = brokers.map(({ url }) => url).join(",");
      } else if (note !== "containers") said += await shell(text);
    }
    expect(said).toContain(
      "| publish playerKilled | `arena.eu-1.players.*.killed` | `_INBOX_eu-1.>` |",
    );
    expect(said).toContain("PERMISSION_VIOLATION");
    expect(said).toContain("created stream KILLS_eu-7");
    expect(said.match(/^7 was killed by 8$/gm)).toHaveLength(10);
    expect(said).toContain("10 kills counted\n");
    expect(said).toMatch(/^board {2}U\w+ {2}moderator {2}until 20/m);
    expect(said).toContain("board of BOARD is revoked\nTaken by nats-1, nats-2, nats-3\n");
    expect(await shell("git ls-files --cached")).toContain("broker/keys.json");
  } finally {
    for (const broker of brokers) await broker[Symbol.asyncDispose]();
    await rm(place, { recursive: true });
  }
}, 120_000);

it("docs/accounts.md names every option of the commands", async () => {
  const named = [...page.matchAll(/`--([a-z][a-z-]*)/g)].map(([, name]) => name);
  const flags = (options: object) =>
    Object.keys(options).map((name) =>
      name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
    );
  expect(named).toEqual(expect.arrayContaining(flags(brokerCommandOptions)));
  const { document: _, root: __, config: ___, ...own } = createUserOptions;
  const options = { ...createAccountOptions, ...own, json: true };
  expect(named).toEqual(expect.arrayContaining(flags(options)));
});
