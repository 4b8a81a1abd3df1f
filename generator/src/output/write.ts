import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { filesOf, MANIFEST } from "./manifest.js";

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

/**
 * Brings a folder up to date. Files are written beside their places first and moved there when all are
 * whole, so that a failure leaves the folder as it was. What an earlier run wrote and this one does not is
 * removed; anybody else's files stay.
 *
 * @param folder Created where there is none.
 * @throws the file system's error, nothing having been changed.
 */
export async function writeFiles(folder: string, files: readonly TextFile[]): Promise<WriteResult> {
  await mkdir(folder, { recursive: true });
  const before = await readOr(join(folder, MANIFEST), "");
  const changed: TextFile[] = [];
  for (const file of files) {
    if ((await readOr(join(folder, file.path), undefined)) !== file.text) changed.push(file);
  }
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
  // A manifest that somebody edited must not make us delete what is not in the folder.
  const stale = filesOf(before).filter(
    (path) => !current.has(path) && /^[\w-]+(?:\.[\w-]+)+$/.test(path),
  );
  for (const path of stale) await rm(join(folder, path), { force: true });
  return { written: changed.map(({ path }) => path), removed: stale };
}

async function readOr<T>(path: string, otherwise: T): Promise<string | T> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return otherwise;
    throw error;
  }
}
