import { randomUUID } from "node:crypto";
import { copyFile, mkdir, rename, rm, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { GeneratedFile } from "../generated-file.js";
import { type Changes, compareFiles } from "./compare.js";

/** A file that the generator has not written is at the place of a generated file. */
export class ForeignFileError extends Error {
  readonly code = "FOREIGN_FILE";

  /** @param paths The files, within the folder. */
  constructor(paths: readonly string[]) {
    super(
      `${paths.join(", ")} ${paths.length === 1 ? "is there and was" : "are there and were"} not written by alternats-gen. Choose another folder, or remove ${paths.length === 1 ? "it" : "them"}.`,
    );
    this.name = "ForeignFileError";
  }
}

/**
 * Updates a folder completely, or not at all if anything fails. New files are written next to their
 * places first, and replaced files are kept until all new files are in place. Files of an earlier
 * run that are not part of the SDK are removed. Other files are not touched; if one is at the place
 * of a generated file, nothing is written.
 *
 * @param folder Created if it does not exist.
 * @param files The SDK.
 * @returns The changes.
 * @throws ForeignFileError, or the file system's error; the folder is then unchanged.
 */
export async function writeFiles(
  folder: string,
  files: readonly GeneratedFile[],
): Promise<Changes> {
  const comparison = await compareFiles(folder, files);
  const { added, changed, removed, unchanged, foreign } = comparison;
  if (foreign.length > 0) throw new ForeignFileError(foreign);
  const texts = new Map(files.map(({ path, text }) => [path, text]));
  const run = randomUUID();
  const place = (path: string): string => join(folder, path);
  const fresh = (path: string): string => join(folder, `.${path}.${run}`);
  const kept = (path: string): string => join(folder, `.${path}.${run}.old`);
  const undo: (() => Promise<void>)[] = [];
  const created = await mkdir(folder, { recursive: true });
  try {
    for (const path of [...added, ...changed])
      await writeFile(fresh(path), texts.get(path) ?? "", { flag: "wx" });
    for (const path of [...changed, ...removed]) await copyFile(place(path), kept(path));
    for (const path of added) {
      await rename(fresh(path), place(path));
      undo.push(() => rm(place(path), { force: true }));
    }
    for (const path of changed) {
      await rename(fresh(path), place(path));
      undo.push(() => rename(kept(path), place(path)));
    }
    for (const path of removed) {
      await rm(place(path));
      undo.push(() => rename(kept(path), place(path)));
    }
  } catch (error) {
    // If even this fails, the kept files remain next to their places.
    for (const step of undo.reverse()) await step();
    await clean();
    throw error;
  }
  await clean();
  return { added, changed, removed, unchanged };

  async function clean(): Promise<void> {
    for (const path of [...added, ...changed]) await rm(fresh(path), { force: true });
    for (const path of [...changed, ...removed]) await rm(kept(path), { force: true });
    // Removes the new folder if it is still empty.
    if (created !== undefined) await rmdir(folder).catch(() => {});
  }
}
