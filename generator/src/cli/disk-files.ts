import { open, realpath } from "node:fs/promises";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import type { DocumentFiles } from "../document/loaded-document.js";

/** The files of a document on disk. */
export interface DiskFiles extends DocumentFiles {
  /** The name of a file as the user would write it: relative to the working folder. */
  show(path: string): string;
}

/**
 * Opens a document on disk. Only files within the root folder are read, symbolic links followed.
 *
 * @param document The document's path.
 * @param root The folder that references may reach; the document's own when undefined.
 */
export function diskFiles(document: string, root: string | undefined): DiskFiles {
  const folder = resolve(root ?? dirname(document));
  const main = relative(folder, resolve(document));
  const inside = !main.startsWith("..") && resolve(folder, main) === resolve(document);
  return {
    main: inside ? main.split(sep).join("/") : basename(document),
    async read(path, maxBytes) {
      if (!inside) throw new Error("it is not within the folder given by --root");
      return readWithin(folder, path, maxBytes);
    },
    show: (path) => (inside ? relative(process.cwd(), join(folder, path)) : document),
  };
}

async function readWithin(folder: string, path: string, maxBytes: number): Promise<string> {
  const place = join(folder, path);
  const real = await explained(() => realpath(place));
  const within = relative(await realpath(folder), real);
  if (within.startsWith("..") || resolve(within) === within)
    throw new Error("it is a link that leads out of the document's folder");
  const file = await explained(() => open(real, "r"));
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
