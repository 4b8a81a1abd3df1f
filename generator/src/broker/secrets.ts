import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import {
  chmod,
  mkdir,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  stat,
  writeFile,
} from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { platform } from "node:process";
import { setTimeout } from "node:timers/promises";
import { isWithin } from "../paths.js";
import { BrokerError } from "./errors.js";

/** A folder that only its owner can look into. What is in it is never printed. */
export class Secrets {
  /** The folder's path. */
  readonly folder: string;
  readonly #written: string[] = [];

  private constructor(folder: string) {
    this.folder = folder;
  }

  /**
   * Opens the folder, and makes it where there is none.
   *
   * @param committed A folder that it may not be in, besides any repository.
   * @throws BrokerError when it would be committed, or others can look into it
   */
  static async open(path: string, committed?: string): Promise<Secrets> {
    const folder = resolve(path);
    refuseCommitted(folder, committed);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    refuseCommitted(await realpath(folder), committed);
    const { mode } = await stat(folder);
    // Windows has no such modes.
    if (platform !== "win32" && (mode & 0o077) !== 0)
      throw new BrokerError(
        "SECRETS",
        `Others can look into ${folder}. Give the secrets a folder of their own, which only you can open (mode 700).`,
      );
    return new Secrets(folder);
  }

  /** The names of the files that were written. */
  get written(): readonly string[] {
    return this.#written;
  }

  /**
   * Reads a secret.
   *
   * @param name Its file within the folder.
   * @returns Undefined where there is none.
   */
  async read(name: string): Promise<string | undefined> {
    try {
      return await readFile(join(this.folder, name), "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
  }

  /**
   * Lists secrets.
   *
   * @param folder Within the folder.
   * @returns Their names, as {@link read} takes them, in their order.
   */
  async list(folder: string): Promise<readonly string[]> {
    try {
      const entries = await readdir(join(this.folder, folder), { withFileTypes: true });
      const files = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
      return files.sort().map((name) => `${folder}/${name}`);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
      throw error;
    }
  }

  /**
   * Does something while nobody else writes: other processes that use this method wait.
   *
   * @throws BrokerError when somebody else does not come to an end
   */
  async alone<T>(work: () => Promise<T>): Promise<T> {
    const path = join(this.folder, "lock");
    const end = Date.now() + patience;
    while (!(await take(path))) {
      if (Date.now() > end)
        throw new BrokerError(
          "SECRETS",
          `Somebody else is writing to ${this.folder}. If nobody is, remove ${path}.`,
        );
      await setTimeout(50);
    }
    try {
      return await work();
    } finally {
      await rm(path, { force: true });
    }
  }

  /** Writes a secret, in place of what was there; all of it or nothing. */
  async write(name: string, text: string): Promise<void> {
    const path = join(this.folder, name);
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const fresh = `${path}.${randomUUID()}`;
    await writeFile(fresh, text, { flag: "wx", mode: 0o600 });
    await chmod(fresh, 0o600);
    await rename(fresh, path);
    this.#written.push(name);
  }
}

/** Milliseconds that somebody else is waited for. */
const patience = 15_000;

async function take(path: string): Promise<boolean> {
  try {
    await writeFile(path, `${process.pid}\n`, { flag: "wx", mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function refuseCommitted(folder: string, committed: string | undefined): void {
  const output = resolve(committed ?? folder);
  const place = committed !== undefined && isWithin(output, folder) ? output : repositoryOf(folder);
  if (place === undefined) return;
  throw new BrokerError(
    "SECRETS",
    `${folder} is in ${place}, where secrets would be committed one day. Choose a folder outside.`,
  );
}

/** The repository that a folder belongs to. */
function repositoryOf(folder: string): string | undefined {
  for (let here = folder; ; here = dirname(here)) {
    if (existsSync(join(here, ".git"))) return here;
    if (dirname(here) === here) return undefined;
  }
}
