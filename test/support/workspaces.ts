import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { project } from "./project.js";

/** Workspaces that are built, each with those that have to be built before. */
export const needs = {
  runtime: [],
  generator: ["runtime"],
  "examples/broker": [],
  "examples/gateway": ["generator", "examples/broker"],
  "examples/rust-server": ["generator", "examples/broker"],
} as const;

/** A workspace that is built, by its folder. */
export type Workspace = keyof typeof needs;

/** Builds a workspace unless its `dist` was built from the sources as they are. @returns Nothing. */
export async function build(workspace: Workspace): Promise<string> {
  const stamp = join(project, "node_modules/.built", workspace.replace("/", "-"));
  const folders = [workspace, ...needs[workspace], "templates/sdk"];
  const files = ["package-lock.json", "tsconfig.base.json", ...folders.flatMap(filesOf)];
  const hash = createHash("sha256");
  for (const file of files) hash.update(`${file}\n`).update(readFileSync(join(project, file)));
  const sources = hash.digest("hex");
  // Another build than this one's is none of ours: the folder's time differs.
  const state = () => `${sources} ${statSync(join(project, workspace, "dist")).mtimeMs}`;
  if (equal(() => readFileSync(stamp, "utf8") === state())) return "";
  const args = ["run", "build", "--silent", "--workspace", workspace];
  const child = spawn("npm", args, { cwd: project, stdio: ["ignore", "pipe", "inherit"] });
  const [said] = await Promise.all([text(child.stdout), once(child, "close")]);
  if (child.exitCode !== 0) throw new Error(`${workspace} cannot be built:\n${said}`);
  mkdirSync(join(stamp, ".."), { recursive: true });
  writeFileSync(stamp, state());
  return "";
}

/** @returns False also where one of the files to compare is absent. */
function equal(compare: () => boolean): boolean {
  try {
    return compare();
  } catch {
    return false;
  }
}

/** The files below a folder, in order, without what is built or installed. */
function filesOf(folder: string): readonly string[] {
  return readdirSync(join(project, folder), { withFileTypes: true })
    .filter(({ name }) => name !== "dist" && name !== "node_modules")
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = `${folder}/${entry.name}`;
      return entry.isDirectory() ? filesOf(path) : [path];
    });
}
