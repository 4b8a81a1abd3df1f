import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** Folders in which projects have their documents. */
const folders = ". api asyncapi contracts doc docs schema schemas spec specs src".split(" ");

/**
 * Finds the AsyncAPI document of a project.
 *
 * @returns Its path from the working folder; undefined if there is none in the usual places.
 */
export async function findDocument(): Promise<string | undefined> {
  for (const folder of folders) {
    const names = await readdir(folder).catch(() => []);
    const likely = names.filter((name) => /asyncapi.*\.(?:ya?ml|json)$/i.test(name)).sort();
    for (const name of likely) {
      const path = join(folder, name);
      if (await isDocument(path)) return path;
    }
  }
  return undefined;
}

/** Checks for a file that names a version of AsyncAPI, without reading the rest of it. */
export async function isDocument(path: string): Promise<boolean> {
  const text = await readFile(path, "utf8").catch(() => "");
  return /^[\s{\uFEFF]*["']?asyncapi["']?\s*:/m.test(text);
}
