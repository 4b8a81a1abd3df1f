import { randomUUID } from "node:crypto";
import { type Dirent, existsSync } from "node:fs";
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

/** A folder that only its owner can read. Its content is never printed. */
export class Secrets {
  /** Path of the folder. */
  readonly folder: string;
  readonly #written: string[] = [];

  private constructor(folder: string) {
    this.folder = folder;
  }

  /**
   * Opens the folder, and creates it if necessary.
   *
   * @param committed A folder that must not contain it. It must not be in a repository either.
   * @throws BrokerError if it would be committed, or if other users can read it
   */
  static async open(path: string, committed?: string): Promise<Secrets> {
    const folder = resolve(path);
    refuseCommitted(folder, committed);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    refuseCommitted(await realpath(folder), committed);
    const { mode } = await stat(folder);
    // Windows does not have these permissions.
    if (platform !== "win32" && (mode & 0o077) !== 0)
      throw new BrokerError(
        "SECRETS",
        `Other users can read ${folder}. Use a separate folder for the secrets that only you can open (mode 700).`,
      );
    return new Secrets(folder);
  }

  /** Names of the written files. */
  get written(): readonly string[] {
    return this.#written;
  }

  /**
   * Reads a secret.
   *
   * @param name Its file within the folder.
   * @returns Undefined if it does not exist.
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
   * @param folder Path within the folder.
   * @returns Their names for {@link read}, in alphabetical order.
   */
  async list(folder: string): Promise<readonly string[]> {
    const entries = await entriesOf(join(this.folder, folder));
    const files = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
    return files.sort().map((name) => `${folder}/${name}`);
  }

  /**
   * Runs a function while no other process writes: other processes that use this method wait.
   *
   * @throws BrokerError if another process does not finish
   */
  async alone<T>(work: () => Promise<T>): Promise<T> {
    const path = join(this.folder, "lock");
    const end = Date.now() + patience;
    while (!(await take(path))) {
      if (Date.now() > end)
        throw new BrokerError(
          "SECRETS",
          `Another process is writing to ${this.folder}. If there is none, remove ${path}.`,
        );
      await setTimeout(50);
    }
    try {
      return await work();
    } finally {
      await rm(path, { force: true });
    }
  }

  /**
   * Lists folders.
   *
   * @param folder Path within the folder.
   * @returns Their paths for {@link list}, in alphabetical order.
   */
  async folders(folder: string): Promise<readonly string[]> {
    const entries = await entriesOf(join(this.folder, folder));
    const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
    return names.sort().map((name) => `${folder}/${name}`);
  }

  /** Removes a secret, or a folder of them. */
  async remove(name: string): Promise<void> {
    await rm(join(this.folder, name), { recursive: true, force: true });
  }

  /** Writes a secret and replaces an existing one, completely or not at all. */
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

/** Maximum time in milliseconds to wait for another process. */
const patience = 15_000;

async function entriesOf(path: string): Promise<readonly Dirent[]> {
  try {
    return await readdir(path, { withFileTypes: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

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
    `${folder} is in ${place}, where the secrets could be committed. Choose a folder outside of it.`,
  );
}

/** The repository that contains a folder. */
function repositoryOf(folder: string): string | undefined {
  for (let here = folder; ; here = dirname(here)) {
    if (existsSync(join(here, ".git"))) return here;
    if (dirname(here) === here) return undefined;
  }
}
