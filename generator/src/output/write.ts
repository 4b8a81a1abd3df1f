import { randomUUID } from "node:crypto";
import { copyFile, mkdir, rename, rm, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { GeneratedFile } from "../generated-file.js";
import { type Changes, compareFiles } from "./compare.js";

/** A file stands where one of ours is to go, and nothing says that it is ours. */
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
 * Brings a folder up to date: all of it or, when anything fails, nothing. Files are written beside their
 * places first; what they take the place of is kept until all of them stand. What an earlier run wrote and
 * this one does not is removed; anybody else's files stay, and where one stands in the way nothing is written.
 *
 * @param folder Created where there is none.
 * @param files The SDK.
 * @returns What was done.
 * @throws ForeignFileError, or the file system's error, the folder being what it was.
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
    // Where even this fails, what was kept is left beside the places that it belongs to.
    for (const step of undo.reverse()) await step();
    await clean();
    throw error;
  }
  await clean();
  return { added, changed, removed, unchanged };

  async function clean(): Promise<void> {
    for (const path of [...added, ...changed]) await rm(fresh(path), { force: true });
    for (const path of [...changed, ...removed]) await rm(kept(path), { force: true });
    // Gone again when it was made for nothing; what holds anything stays.
    if (created !== undefined) await rmdir(folder).catch(() => {});
  }
}
