import { type FSWatcher, type Stats, statSync, watch } from "node:fs";
import { dirname, join, resolve, sep } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

/** Editors save in several steps, and several files at once: what comes within this is one change. Milliseconds. */
const together = 15;

/** How long a file may be empty before it is taken for one: many empty a file before they write it. Milliseconds. */
const emptied = 100;

/**
 * Tells of changes of files, also of those that are replaced, or are not there yet. What is watched are their
 * folders: a file that is replaced is another one, and who watches the old one hears nothing more.
 */
export class FileWatch implements Disposable {
  readonly #files = new Set<string>();
  readonly #folders = new Map<string, { readonly watcher: FSWatcher; readonly inode: number }>();
  readonly #changed = new Set<string>();
  #wake: () => void = () => {};
  readonly #stop = (): void => this.#wake();

  /**
   * Watches files as well, and folders that were put in the place of those that were watched.
   *
   * @param files Their paths.
   * @param since Milliseconds of the epoch: what was changed after that counts as a change.
   */
  add(files: readonly string[], since: number): void {
    const fresh = files.map((file) => resolve(file)).filter((file) => !this.#files.has(file));
    for (const file of fresh) this.#files.add(file);
    const isNew = new Set(fresh);
    for (const file of this.#files) {
      const renewed = this.#watchFolder(dirname(file));
      if ((renewed || isNew.has(file)) && (statOf(file)?.mtimeMs ?? 0) > since) this.#change(file);
    }
  }

  /** How many files are watched. */
  get size(): number {
    return this.#files.size;
  }

  /**
   * Waits for changes.
   *
   * @param signal Ends the waiting.
   * @returns The paths of what changed; none when the waiting was ended.
   */
  async next(signal: AbortSignal): Promise<ReadonlySet<string>> {
    signal.addEventListener("abort", this.#stop);
    while (this.#changed.size === 0 && !signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    signal.removeEventListener("abort", this.#stop);
    const begin = performance.now();
    do {
      if (!signal.aborted) await wait(together);
    } while (performance.now() - begin < emptied && this.#isAnyEmpty());
    const changed = new Set(this.#changed);
    this.#changed.clear();
    return changed;
  }

  [Symbol.dispose](): void {
    for (const { watcher } of this.#folders.values()) watcher.close();
  }

  /** @returns Whether it was not watched before, or another folder. */
  #watchFolder(wanted: string): boolean {
    let folder = wanted;
    // Of a folder that is not there, the nearest one above tells when it comes.
    while (statOf(folder)?.isDirectory() !== true && dirname(folder) !== folder)
      folder = dirname(folder);
    const inode = statOf(folder)?.ino ?? 0;
    const known = this.#folders.get(folder);
    if (known?.inode === inode) return false;
    known?.watcher.close();
    const watcher = watch(folder, (_event, name) => {
      const path = name === null ? folder : join(folder, name);
      for (const file of this.#files) {
        if (file === path || file.startsWith(path + sep)) this.#change(file);
      }
    });
    // A folder that is removed while it is watched.
    watcher.on("error", () => this.#folders.delete(folder));
    this.#folders.set(folder, { watcher, inode });
    return true;
  }

  #isAnyEmpty(): boolean {
    return [...this.#changed].some((file) => statOf(file)?.size === 0);
  }

  #change(file: string): void {
    this.#changed.add(file);
    this.#wake();
  }
}

function statOf(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false });
}
