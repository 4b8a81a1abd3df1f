import { execFile } from "node:child_process";
import { posix } from "node:path";
import { promisify } from "node:util";
import type { DiskFiles } from "../../workshop/disk-files.js";

const run = promisify(execFile);

/** A document in a revision: `main:asyncapi.yaml`. */
export interface Revision {
  /** A branch, a tag, a commit, or another revision of git. */
  readonly name: string;
  /** Path from the top of the repository, or from the working folder if it begins with `./`. */
  readonly path: string;
}

/** The files of a document, with their names for messages. */
export type ShownFiles = Pick<DiskFiles, "main" | "read" | "show">;

/** A revision cannot be read; the message gives the reason. */
export class RevisionError extends Error {
  readonly code = "REVISION";

  /** @param message Description of the problem and of its correction. */
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "RevisionError";
  }
}

/**
 * Parses `revision:path`.
 *
 * @returns Undefined for a path without a revision.
 */
export function readRevision(text: string): Revision | undefined {
  const colon = text.indexOf(":");
  // A single letter is a drive; an empty text, or one that begins with a dot or a slash, is not a revision.
  if (colon < 2 || colon === text.length - 1 || /^[./]/.test(text)) return undefined;
  return { name: text.slice(0, colon), path: text.slice(colon + 1) };
}

/**
 * Opens a document of a revision, with the files of the same revision that it refers to. It checks out nothing,
 * starts no shell, and runs no filter or text conversion.
 *
 * @param revision The revision, and the path of the document.
 * @param root The folder that references may reach, in the repository; the whole repository when undefined.
 * @throws RevisionError when there is no such revision, or no repository
 */
export async function gitFiles(
  { name, path }: Revision,
  root: string | undefined,
): Promise<ShownFiles> {
  // Options come before it; nothing that follows can be one.
  const object = `${name}^{commit}`;
  const commit = await git(["rev-parse", "--verify", "--quiet", "--end-of-options", object], name);
  const prefix = await git(["rev-parse", "--show-prefix"], name);
  const fromTop = (each: string): string =>
    posix.normalize(/^\.\.?\//.test(each) ? posix.join(prefix, each) : each);
  const full = fromTop(path.replaceAll("\\", "/"));
  const folder = root === undefined ? "." : fromTop(`./${root}`);
  const main = posix.relative(folder, full);
  const inside = !full.startsWith("..") && !main.startsWith("..");
  return {
    main: inside ? main : posix.basename(full),
    async read(file, maxBytes) {
      if (!inside) throw new Error("it is outside of the repository, or of the root folder");
      return readBlob(commit, posix.join(folder, file), maxBytes);
    },
    show: (file) => `${name}:${inside ? posix.join(folder, file) : path}`,
  };
}

async function readBlob(commit: string, path: string, maxBytes: number): Promise<string> {
  const listed = await git(["ls-tree", "--full-tree", "-z", "-l", commit, "--", path], commit);
  const entry = listed.split("\0").find((line) => line.endsWith(`\t${path}`));
  const [mode, kind, object, size] = entry?.split(/\s+/) ?? [];
  if (mode === undefined || object === undefined)
    throw new Error("there is no such file in that revision");
  if (mode === "120000") throw new Error("it is a link, which is not followed in a revision");
  if (kind !== "blob") throw new Error(kind === "tree" ? "it is a folder" : "it is not a file");
  if (Number(size) > maxBytes) {
    throw new Error(
      `the document's files are larger than the limit; ${maxBytes} bytes are left for it`,
    );
  }
  const { stdout } = await run("git", ["cat-file", "blob", object], {
    encoding: "utf8",
    maxBuffer: Number(size) + 1,
  });
  return stdout;
}

/** @returns The output of git, without the final line end. */
async function git(args: readonly string[], name: string): Promise<string> {
  try {
    const { stdout } = await run("git", [...args], { encoding: "utf8" });
    return stdout.replace(/\n$/, "");
  } catch (error) {
    const { code, stderr = "" } = error as { readonly code?: unknown; readonly stderr?: string };
    if (code === "ENOENT") {
      throw new RevisionError("git is needed to read a revision, and is not there.", {
        cause: error,
      });
    }
    if (/not a git repository/i.test(stderr)) {
      throw new RevisionError(
        `"${name}" cannot be read: the working folder is in no git repository.`,
        {
          cause: error,
        },
      );
    }
    const reason = stderr.trim().split("\n")[0] || "there is no such revision";
    throw new RevisionError(`"${name}" cannot be read: ${reason.replace(/^fatal: /, "")}.`, {
      cause: error,
    });
  }
}
