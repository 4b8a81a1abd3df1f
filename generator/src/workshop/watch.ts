import { type FSWatcher, type Stats, statSync, watch } from "node:fs";
import { dirname, join, resolve, sep } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

/** Milliseconds within which changes count as one: editors save in several steps, and several files at once. */
const together = 15;

/** Milliseconds after which an empty file counts as a change: many editors empty a file before they write it. */
const emptied = 100;

/**
 * Reports changes of files, including files that are replaced or do not exist yet. It watches their folders: a
 * replacement is another file, and a watch of the old one reports nothing more.
 */
export class FileWatch implements Disposable {
  readonly #files = new Set<string>();
  readonly #folders = new Map<string, { readonly watcher: FSWatcher; readonly inode: number }>();
  readonly #changed = new Set<string>();
  #wake: () => void = () => {};
  readonly #stop = (): void => this.#wake();

  /**
   * Adds files, and watches folders again that were replaced.
   *
   * @param files Their paths.
   * @param since Time in milliseconds of the epoch: modifications after it count as changes.
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

  /** Number of watched files. */
  get size(): number {
    return this.#files.size;
  }

  /**
   * Waits for changes.
   *
   * @param signal Ends the waiting.
   * @returns The paths of changed files; none when the signal ended the waiting.
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

  /** @returns `true` if the folder is new, or replaces another one. */
  #watchFolder(wanted: string): boolean {
    let folder = wanted;
    // The nearest existing folder above reports when a missing folder is created.
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
    // The folder was removed.
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
