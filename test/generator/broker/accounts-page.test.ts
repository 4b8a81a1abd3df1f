import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { natsServer } from "../../../examples/broker/src/nats-server.js";
import { brokerOptions } from "../../../generator/dist/broker/broker-command.js";
import { type Broker, startBroker } from "../../support/broker.js";
import { executable } from "../cli/support.js";
import { project } from "../support/corpus-index.js";

const run = promisify(execFile);
const page = await readFile(join(project, "docs/accounts.md"), "utf8");

it("docs/accounts.md leads from a document to a broker and a user by its own commands", async () => {
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
  let broker: Broker | undefined;
  try {
    for (const [, language, note, text = ""] of page.matchAll(
      /^```(\w+) ?(.*)\n([\s\S]*?)^```$/gm,
    )) {
      if (language !== "sh") await writeFile(join(folder, note!), text);
      else if (note === "server") {
        const file = text.trim().replace("nats-server -c ", "");
        const config = await readFile(join(folder, file), "utf8");
        const here = join(folder, "broker/here.conf");
        await writeFile(here, config.replace('"./', `"${place}/`));
        broker = await startBroker({ monitoring: true, args: ["-c", here] });
        env.NATS_URL = broker.url;
      } else if (note === "servers") {
        said += await shell(text.replaceAll(/nats-server (.*) &/g, "nats-server -t $1"));
      } else if (note !== "containers") said += await shell(text);
    }
    expect(said).toContain("| publish playerKilled | `arena.eu-1.players.*.killed` |  |");
    expect(said).toContain("PERMISSION_VIOLATION");
    expect(await shell("git ls-files --cached")).toContain("broker/keys.json");
  } finally {
    await broker?.[Symbol.asyncDispose]();
    await rm(place, { recursive: true });
  }
}, 60_000);

it("docs/accounts.md names every option of the command", () => {
  const named = [...page.matchAll(/`--([a-z]+)\b/g)].map(([, name]) => name);
  expect(named).toEqual(expect.arrayContaining(Object.keys(brokerOptions)));
});
