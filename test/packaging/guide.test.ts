import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Broker, startBroker } from "../support/broker.js";
import { pack, root } from "./pack.js";

const run = promisify(execFile);

/** A block of the guide: what stands behind the fence's language tells what is to be done with it. */
interface Block {
  readonly language: string;
  readonly note: string;
  readonly text: string;
}

const blocksOf = (markdown: string): readonly Block[] =>
  [...markdown.matchAll(/^```(\w+)(?: (.*))?\n([\s\S]*?)^```$/gm)].map(
    ([, language = "", note = "", text = ""]) => ({ language, note, text }),
  );

let folder: string;
let broker: Broker;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "alternats-guide-"));
  broker = await startBroker();
});
afterAll(async () => {
  await broker?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** `npm install` of the packed packages. What they depend on is not downloaded for a test. */
async function install(project: string, name: string): Promise<void> {
  const modules = join(project, "node_modules");
  const workspace = { alternats: "runtime", "alternats-gen": "generator" }[name];
  const place = join(modules, name);
  await mkdir(dirname(place), { recursive: true });
  await mkdir(join(modules, ".bin"), { recursive: true });
  if (workspace === undefined) {
    await symlink(join(root, "node_modules", name), place);
  } else {
    const { tarball, manifest } = await pack(workspace, folder);
    await mkdir(place);
    await run("tar", ["-xzf", tarball, "-C", place, "--strip-components=1"]);
    for (const dependency of Object.keys(manifest.dependencies ?? {})) {
      await mkdir(dirname(join(modules, dependency)), { recursive: true });
      await symlink(join(root, "node_modules", dependency), join(modules, dependency));
    }
  }
  const { bin = {} } = JSON.parse(await readFile(join(place, "package.json"), "utf8"));
  for (const [command, path] of Object.entries(bin as Record<string, string>))
    await symlink(join(place, path), join(modules, ".bin", command));
}

it("the guide's commands lead from nothing to a running service", async () => {
  const env = {
    ...process.env,
    NATS_URL: broker.url,
    NO_COLOR: "1",
    GIT_AUTHOR_NAME: "t",
    GIT_AUTHOR_EMAIL: "t@example.com",
    GIT_COMMITTER_NAME: "t",
    GIT_COMMITTER_EMAIL: "t@example.com",
  };
  const project = join(folder, "my-game");
  const servers: ChildProcess[] = [];
  let said = "";
  const shell = async (line: string, fails: boolean): Promise<void> => {
    const cwd = line === "mkdir my-game" ? folder : project;
    const done = await run("sh", ["-c", line], { cwd, env }).then(
      (output) => ({ ...output, code: 0 }),
      (error: { stdout: string; stderr: string; code: number }) => error,
    );
    said += done.stdout + done.stderr;
    expect(done.code, `${line}\n${done.stdout}${done.stderr}`).toBe(fails ? 1 : 0);
  };
  try {
    for (const { language, note, text } of blocksOf(
      await readFile(join(root, "docs/guide.md"), "utf8"),
    )) {
      const file = /^\/\/ (.*)\n/.exec(text);
      if (language === "text") {
        for (const line of text.trimEnd().split("\n")) expect(said).toContain(line);
        said = "";
      } else if (language === "diff") {
        const [, before = ""] = /^-(.*)$/m.exec(text) ?? [];
        const [, after = ""] = /^\+(.*)$/m.exec(text) ?? [];
        const old = await readFile(join(project, note), "utf8");
        expect(old).toContain(before);
        await writeFile(join(project, note), old.replace(before, after));
      } else if (file !== null) {
        await writeFile(join(project, file[1]!), text.replace(file[0], ""));
      } else if (note === "terminal") {
        if (text.startsWith("nats-server")) continue;
        const [program = "", ...args] = text.trim().split(" ");
        const server = spawn(program, args, {
          cwd: project,
          env,
          stdio: ["ignore", "pipe", "inherit"],
        });
        servers.push(server);
        const died = once(server, "exit").then(([code]) => {
          throw new Error(`"${text.trim()}" ended with ${code}`);
        });
        await Promise.race([once(server.stdout!, "data"), died]);
        died.catch(() => {});
      } else {
        for (const line of text.trim().split("\n")) {
          const names = /^npm install (?:--save-dev )?(.*)$/.exec(line)?.[1];
          if (line === "cd my-game") continue;
          if (names === undefined) await shell(line, note === "fails");
          else for (const name of names.split(" ")) await install(project, name);
        }
      }
    }
  } finally {
    for (const server of servers) {
      server.kill();
      if (server.exitCode === null && server.signalCode === null) await once(server, "exit");
    }
  }
}, 240_000);
