import { existsSync, realpathSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { isWithin } from "../paths.js";

/**
 * Finds the folder that a document's references may reach when the user names none: the repository
 * (the nearest folder with `.git`, which is a file in worktrees and submodules), else the folder of
 * the configuration, else the document's own.
 *
 * @param document The document's path.
 * @param configFolder The folder of the configuration; undefined without one.
 */
export function defaultRoot(document: string, configFolder: string | undefined): string {
  const own = dirname(real(document));
  for (let folder = own; ; folder = dirname(folder)) {
    if (existsSync(join(folder, ".git"))) return folder;
    if (dirname(folder) === folder) break;
  }
  const configured = configFolder === undefined ? own : real(configFolder);
  return isWithin(configured, own) ? configured : own;
}

/** The path without links; of a missing file, the path itself. */
function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}
