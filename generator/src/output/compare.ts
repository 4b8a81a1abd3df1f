import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { GeneratedFile } from "../generated-file.js";
import { hash, MANIFEST, type Manifest, readManifest } from "./manifest.js";

/** Differences between a folder and an SDK, as file names within the folder. */
export interface Changes {
  /** Missing files. */
  readonly added: readonly string[];
  /** Different files. */
  readonly changed: readonly string[];
  /** Files of an earlier run that the SDK no longer has. */
  readonly removed: readonly string[];
  readonly unchanged: readonly string[];
}

/** Comparison of a folder with an SDK. */
export interface Comparison extends Changes {
  /** Files at the place of a generated file that the generator has not written. */
  readonly foreign: readonly string[];
  /** Current texts of the changed and the removed files. */
  readonly texts: ReadonlyMap<string, string>;
  /** The folder's manifest; undefined if it has none. */
  readonly manifest: Partial<Manifest> | undefined;
}

/**
 * Compares a folder with an SDK.
 *
 * @param folder The folder, which may not exist.
 * @param files The SDK.
 */
export async function compareFiles(
  folder: string,
  files: readonly GeneratedFile[],
): Promise<Comparison> {
  const manifest = readManifest(await readOr(join(folder, MANIFEST), ""));
  const ours = new Map(Object.entries(manifest?.files ?? {}));
  const added: string[] = [];
  const changed: string[] = [];
  const removed: string[] = [];
  const unchanged: string[] = [];
  const foreign: string[] = [];
  const texts = new Map<string, string>();
  for (const { path, text } of files) {
    const there = await readOr(join(folder, path), undefined);
    if (there === undefined) added.push(path);
    else if (there === text) unchanged.push(path);
    else {
      changed.push(path);
      texts.set(path, there);
      if (path !== MANIFEST && !ours.has(path)) foreign.push(path);
    }
  }
  const current = new Set(files.map(({ path }) => path));
  for (const [path, sum] of ours) {
    // An edited manifest must not delete files outside of the folder, or files that the generator
    // has not written.
    if (current.has(path) || !/^[\w-]+(?:\.[\w-]+)+$/.test(path)) continue;
    const there = await readOr(join(folder, path), undefined);
    if (there === undefined || hash(there) !== sum) continue;
    removed.push(path);
    texts.set(path, there);
  }
  return { added, changed, removed, unchanged, foreign, texts, manifest };
}

async function readOr<T>(path: string, otherwise: T): Promise<string | T> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return otherwise;
    throw error;
  }
}
