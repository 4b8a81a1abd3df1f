import { execFile } from "node:child_process";
import { posix } from "node:path";
import { promisify } from "node:util";
import type { DiskFiles } from "../../workshop/disk-files.js";

const run = promisify(execFile);

/** A document in a revision: `main:asyncapi.yaml`. */
export interface Revision {
  /** A branch, a tag, a commit, or what else git understands. */
  readonly name: string;
  /** From the top of the repository; from the working folder where it begins with `./`. */
  readonly path: string;
}

/** The files of a document, and how the user would name them. */
export type ShownFiles = Pick<DiskFiles, "main" | "read" | "show">;

/** The revision cannot be read; the message says why. */
export class RevisionError extends Error {
  readonly code = "REVISION";

  /** @param message What is wrong, and what would be right. */
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "RevisionError";
  }
}

/**
 * Takes `revision:path` apart.
 *
 * @returns Undefined when it is a mere path.
 */
export function readRevision(text: string): Revision | undefined {
  const colon = text.indexOf(":");
  // A single letter in front is a drive, and nothing or a slash in front no revision.
  if (colon < 2 || colon === text.length - 1 || /^[./]/.test(text)) return undefined;
  return { name: text.slice(0, colon), path: text.slice(colon + 1) };
}

/**
 * Opens a document as it is in a revision, with the files that it refers to, of the same revision. Nothing
 * is checked out, no shell is started, and no filter or text conversion runs.
 *
 * @param revision Where to look.
 * @param root The folder that references may reach, in the repository; the document's own when undefined.
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
  const folder = root === undefined ? posix.dirname(full) : fromTop(`./${root}`);
  const main = posix.relative(folder, full);
  const inside = !full.startsWith("..") && !main.startsWith("..");
  return {
    main: inside ? main : posix.basename(full),
    async read(file, maxBytes) {
      if (!inside)
        throw new Error("it is not within the repository, or the folder given by --root");
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

/** @returns What git writes, without the end of the line. */
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
