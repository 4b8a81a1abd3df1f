import { Worker } from "node:worker_threads";

/** Message to the thread: see worker.ts. */
export interface ThreadJob {
  /** The address of the task's module. */
  readonly task: string;
  readonly input: unknown;
}

/** Message from the thread. */
export type ThreadMessage =
  | { readonly progress: unknown }
  | { readonly result: unknown }
  | { readonly error: unknown };

/**
 * The default export of a task's module. Input, progress and result are plain data.
 *
 * @param progress Reports progress to the caller.
 */
export type Task<Input, Result, Progress = never> = (
  input: Input,
  progress: (progress: Progress) => void,
) => Promise<Result>;

/**
 * A thread that reads documents, so that the program can show progress, serve its users and end while a large document
 * is read. The thread stays alive between tasks, with its loaded modules, and after its disposal for a while for the
 * next instance.
 *
 * ```ts
 * await using thread = new DocumentThread();
 * const result = await thread.run<Input, Result>(new URL("./some-task.js", import.meta.url), input);
 * ```
 */
export class DocumentThread implements AsyncDisposable {
  #worker: Worker | undefined;

  /**
   * Runs a task. Only one task may run at a time.
   *
   * @param task The address of its module, whose default export is a {@link Task}.
   * @throws What the task throws
   */
  async run<Input, Result, Progress = never>(
    task: URL,
    input: Input,
    onProgress: (progress: Progress) => void = () => {},
  ): Promise<Result> {
    const worker = running(this.#worker) ?? running(takeIdle()) ?? startWorker();
    this.#worker = worker;
    worker.ref();
    try {
      return await watched<Result, Progress>(worker, { task: task.href, input }, onProgress);
    } catch (error) {
      // The state of the thread is unknown.
      this.#worker = undefined;
      await worker.terminate();
      throw error;
    } finally {
      worker.unref();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    if (worker === undefined) return;
    const earlier = takeIdle();
    idle = { worker, timer: setTimeout(() => takeIdle()?.terminate(), REST).unref() };
    await earlier?.terminate();
  }
}

/** Time after which an idle thread is terminated. */
const REST = 10_000; // milliseconds

let idle: { readonly worker: Worker; readonly timer: NodeJS.Timeout } | undefined;

/** Takes the idle thread, if there is one. */
function takeIdle(): Worker | undefined {
  clearTimeout(idle?.timer);
  const worker = idle?.worker;
  idle = undefined;
  return worker;
}

/** Threads that have ended; they report it only once. */
const ended = new WeakSet<Worker>();

/** Returns the thread unless it has ended: timers or promises of a task can end it between two tasks. */
function running(worker: Worker | undefined): Worker | undefined {
  return worker === undefined || ended.has(worker) ? undefined : worker;
}

function startWorker(): Worker {
  const worker = new Worker(new URL("./worker.js", import.meta.url));
  // A running task has its own listeners; without this one, an error between two tasks would end the process.
  worker.on("error", () => {});
  worker.on("exit", () => ended.add(worker));
  return worker;
}

function watched<Result, Progress>(
  worker: Worker,
  job: ThreadJob,
  onProgress: (progress: Progress) => void,
): Promise<Result> {
  return new Promise((resolve, reject) => {
    const onMessage = (message: ThreadMessage): void => {
      if ("progress" in message) onProgress(message.progress as Progress);
      else if ("result" in message) end(() => resolve(message.result as Result));
      else end(() => reject(message.error));
    };
    const onError = (error: Error): void => end(() => reject(error));
    const onExit = (): void => end(() => reject(new Error("The thread ended before its task.")));
    const end = (settle: () => void): void => {
      worker.off("message", onMessage).off("error", onError).off("exit", onExit);
      settle();
    };
    worker.on("message", onMessage).on("error", onError).on("exit", onExit);
    worker.postMessage(job);
  });
}
