import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { GeneratedFile } from "../generated-file.js";
import { hash, MANIFEST, type Manifest, readManifest } from "./manifest.js";

/** What tells a folder from an SDK, by the names of files within the folder. */
export interface Changes {
  /** Files that are not there. */
  readonly added: readonly string[];
  /** Files that are different. */
  readonly changed: readonly string[];
  /** Files of an earlier run that the SDK no longer has. */
  readonly removed: readonly string[];
  readonly unchanged: readonly string[];
}

/** A folder beside the SDK that is to be in it. */
export interface Comparison extends Changes {
  /** Files where one of ours is to go, and nothing says that they are ours. */
  readonly foreign: readonly string[];
  /** The texts of the changed and the removed files as they are. */
  readonly texts: ReadonlyMap<string, string>;
  /** What the folder's manifest says; undefined where there is none. */
  readonly manifest: Partial<Manifest> | undefined;
}

/**
 * Compares a folder with an SDK.
 *
 * @param folder Need not be there.
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
    // A manifest that somebody edited must not make us delete what is not in the folder, or not ours.
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
