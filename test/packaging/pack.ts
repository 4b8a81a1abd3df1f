import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { whenBuilt } from "../support/built.js";

/** The project's folder. */
await whenBuilt("runtime", "generator");

export const root: string = join(import.meta.dirname, "../..");

const run = promisify(execFile);

/** Content of a `package.json`. */
export interface Manifest {
  readonly version: string;
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly bin?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** A package as it would be published. */
export interface Packed {
  readonly manifest: Manifest;
  readonly tarball: string;
  readonly files: readonly string[];
}

/** Packs a workspace into a folder. */
export async function pack(workspace: string, folder: string): Promise<Packed> {
  const cwd = join(root, workspace);
  const { stdout } = await run("npm", ["pack", "--json", "--pack-destination", folder], { cwd });
  const [{ filename, files }] = JSON.parse(stdout);
  return {
    manifest: JSON.parse(await readFile(join(cwd, "package.json"), "utf8")),
    tarball: join(folder, filename),
    files: files.map((file: { path: string }) => file.path),
  };
}
