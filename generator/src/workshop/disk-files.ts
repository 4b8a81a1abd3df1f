import { constants, open, realpath } from "node:fs/promises";
import { basename, join, relative, resolve, sep } from "node:path";
import type { DocumentFiles } from "../document/loaded-document.js";
import { unreadableName } from "../document/readable-file.js";
import { isWithin } from "../paths.js";
import { defaultRoot } from "./default-root.js";

/** A document on disk with its files. */
export interface DiskFiles extends DocumentFiles {
  /** Returns the name of a file relative to the working folder, for messages. */
  show(path: string): string;
  /** The paths of all requested files, including missing ones. */
  readonly sources: ReadonlySet<string>;
}

/**
 * Opens a document on disk. Only files within the root folder are read, after following symbolic links. If the
 * document itself is a link, its references start at the link's target.
 *
 * @param document The document's path.
 * @param root The folder that references may reach; see {@link defaultRoot} when undefined.
 */
export async function openDiskFiles(
  document: string,
  root: string | undefined,
): Promise<DiskFiles> {
  const given = resolve(document);
  const place = await realpath(given).catch(() => given);
  const realRoot =
    root === undefined
      ? defaultRoot(place, undefined)
      : await realpath(root).catch(() => undefined);
  const folder = realRoot ?? resolve(root ?? ".");
  // A document outside of the root folder is not read, but messages name it.
  const within = realRoot !== undefined && isWithin(folder, place);
  const main = within ? relative(folder, place).split(sep).join("/") : basename(document);
  const sources = new Set([given]);
  return {
    main,
    sources,
    async read(path, maxBytes) {
      if (realRoot === undefined) throw new Error(`the root folder ${root} does not exist`);
      if (!within) throw new Error(`it is outside of the root folder ${root}`);
      sources.add(join(folder, path));
      return readWithin(folder, path, path === main ? undefined : main, maxBytes, sources);
    },
    show: (path) => (path === main ? document : relative(process.cwd(), join(folder, path))),
  };
}

/** @param main The path of the document; undefined if it is the file itself, which may have any name. */
async function readWithin(
  folder: string,
  path: string,
  main: string | undefined,
  maxBytes: number,
  sources: Set<string>,
): Promise<string> {
  const real = await explained(() => realpath(join(folder, path)));
  if (!isWithin(folder, real)) throw new Error("it is a link that leads out of the root folder");
  if (main !== undefined) {
    // The name of a link says nothing about its target.
    const reason = unreadableName(relative(folder, real).split(sep).join("/"), main);
    if (reason !== undefined) throw new Error(`it ${reason}`);
  }
  sources.add(real);
  // Otherwise opening a pipe would wait for a writer.
  const file = await explained(() => open(real, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)));
  try {
    const stat = await file.stat();
    if (!stat.isFile())
      throw new Error(stat.isDirectory() ? "it is a folder" : "it is not a regular file");
    if (stat.size > maxBytes)
      throw new Error(
        `the document's files are larger than the limit; ${maxBytes} bytes are left for it`,
      );
    return await explained(() => file.readFile("utf8"));
  } finally {
    await file.close();
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  ENOTDIR: "there is no such file",
  EACCES: "permission denied",
  ELOOP: "too many symbolic links",
};

async function explained<T>(action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "";
    throw new Error(reasons[code] ?? code, { cause: error });
  }
}
