import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { filesOf, hash, MANIFEST } from "./manifest.js";

/** A file to write. */
interface TextFile {
  readonly path: string;
  readonly text: string;
}

/** What was done to a folder. */
export interface WriteResult {
  /** Files that are new or different. */
  readonly written: readonly string[];
  /** Files of an earlier run that the SDK no longer has. */
  readonly removed: readonly string[];
}

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
 * Brings a folder up to date. Files are written beside their places first and moved there when all are
 * whole, so that a failure leaves the folder as it was. What an earlier run wrote and this one does not is
 * removed; anybody else's files stay, and where one stands in the way nothing is written.
 *
 * @param folder Created where there is none.
 * @throws ForeignFileError, or the file system's error, nothing having been changed.
 */
export async function writeFiles(folder: string, files: readonly TextFile[]): Promise<WriteResult> {
  await mkdir(folder, { recursive: true });
  const ours = filesOf(await readOr(join(folder, MANIFEST), ""));
  const changed: TextFile[] = [];
  const foreign: string[] = [];
  for (const file of files) {
    const text = await readOr(join(folder, file.path), undefined);
    if (text === file.text) continue;
    changed.push(file);
    if (text !== undefined && file.path !== MANIFEST && !ours.has(file.path))
      foreign.push(file.path);
  }
  if (foreign.length > 0) throw new ForeignFileError(foreign);
  const run = randomUUID();
  const staged = changed.map(({ path, text }) => ({
    text,
    place: join(folder, path),
    temporary: join(folder, `.${path}.${run}`),
  }));
  try {
    for (const { temporary, text } of staged) await writeFile(temporary, text, { flag: "wx" });
    for (const { temporary, place } of staged) await rename(temporary, place);
  } catch (error) {
    for (const { temporary } of staged) await rm(temporary, { force: true });
    throw error;
  }
  const current = new Set(files.map(({ path }) => path));
  const removed: string[] = [];
  for (const [path, sum] of ours) {
    // A manifest that somebody edited must not make us delete what is not in the folder, or not ours.
    if (current.has(path) || !/^[\w-]+(?:\.[\w-]+)+$/.test(path)) continue;
    const text = await readOr(join(folder, path), undefined);
    if (text === undefined || hash(text) !== sum) continue;
    await rm(join(folder, path), { force: true });
    removed.push(path);
  }
  return { written: changed.map(({ path }) => path), removed };
}

async function readOr<T>(path: string, otherwise: T): Promise<string | T> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return otherwise;
    throw error;
  }
}
