import { stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { type FSWatcher, watch } from "chokidar";

/** Editors save in several steps, and several files at once: what comes within this is one change. Milliseconds. */
const together = 15;

/** How long a file may be empty before it is taken for one: many empty a file before they write it. Milliseconds. */
const emptied = 100;

/** Tells of changes of files, also of those that are replaced, or are not there yet. */
export class FileWatch implements AsyncDisposable {
  readonly #files = new Set<string>();
  readonly #folders = new Set<string>();
  readonly #changed = new Set<string>();
  #watcher: FSWatcher | undefined;
  #wake: () => void = () => {};

  /**
   * Watches files as well.
   *
   * @param files Their paths.
   * @param since Milliseconds of the epoch: what was changed after that counts as a change.
   */
  async add(files: readonly string[], since: number): Promise<void> {
    const fresh = files.map((file) => resolve(file)).filter((file) => !this.#files.has(file));
    if (fresh.length === 0) return;
    for (const file of fresh) {
      this.#files.add(file);
      this.#folders.add(dirname(file));
    }
    // A watcher says once that it is ready, so that each growth takes a new one.
    const before = this.#watcher;
    this.#watcher = await this.#watch();
    await before?.close();
    for (const file of fresh) {
      const { mtimeMs } = await stat(file).catch(() => ({ mtimeMs: 0 }));
      if (mtimeMs > since) this.#change(file);
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
    await new Promise<void>((resolve) => {
      if (this.#changed.size > 0 || signal.aborted) return resolve();
      this.#wake = resolve;
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
    const begin = performance.now();
    do {
      if (!signal.aborted) await wait(together);
    } while (performance.now() - begin < emptied && (await this.#isAnyEmpty()));
    const changed = new Set(this.#changed);
    this.#changed.clear();
    return changed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#watcher?.close();
  }

  async #watch(): Promise<FSWatcher> {
    const watcher = watch([...this.#folders, ...this.#files], {
      ignoreInitial: true,
      depth: 0,
      // A folder is watched for the sake of some of its files.
      ignored: (path) => !this.#files.has(resolve(path)) && !this.#folders.has(resolve(path)),
    });
    watcher.on("all", (_event, path) => this.#change(resolve(path)));
    // A folder that may not be watched: its files are watched one by one.
    watcher.on("error", () => {});
    await new Promise<void>((done) => watcher.once("ready", () => done()));
    return watcher;
  }

  async #isAnyEmpty(): Promise<boolean> {
    for (const path of this.#changed) {
      if ((await stat(path).catch(() => undefined))?.size === 0) return true;
    }
    return false;
  }

  #change(path: string): void {
    if (!this.#files.has(path)) return;
    this.#changed.add(path);
    this.#wake();
  }
}
