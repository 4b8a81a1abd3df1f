import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Folder of the project: the first one above this file with a lock file, also where this file is bundled. */
export const project: string = above(dirname(fileURLToPath(import.meta.url)));

function above(folder: string): string {
  return existsSync(join(folder, "package-lock.json")) ? folder : above(dirname(folder));
}
