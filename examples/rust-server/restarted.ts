import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Report } from "./watch.js";

const RESTART_PAUSE = 500; // milliseconds
const LONGEST_END = 30_000; // milliseconds

/** Program that is started again after each end. */
export class Restarted {
  readonly #script: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #onLine: (line: string) => void;
  readonly #ready = deferred();
  #process: ChildProcess;
  /** Number of events that it received, as it reports. */
  received = 0;
  /** Number of times that it was killed. */
  kills = 0;
  /** Number of times that it ended by itself. */
  gaveUp = 0;
  #ending = false;

  /**
   * @param script The program, beside this one.
   * @param env Its environment.
   * @param onLine Called with each line that it prints.
   */
  constructor(script: string, env: NodeJS.ProcessEnv, onLine: (line: string) => void = () => {}) {
    this.#script = fileURLToPath(new URL(script, import.meta.url));
    this.#env = env;
    this.#onLine = onLine;
    this.#process = this.#start();
  }

  /** Resolves when the program is ready for the first time: a half-created database cannot be repaired. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  #start(): ChildProcess {
    // Messages about lost connections are expected.
    const child = fork(this.#script, [], {
      env: this.#env,
      stdio: ["ignore", "pipe", "ignore", "ipc"],
    });
    createInterface({ input: child.stdout! }).on("line", this.#onLine);
    child.on("message", (report: Report) => {
      if ("counts" in report) {
        const { received } = report.counts;
        this.received = Object.values(received).reduce((sum, count) => sum + count, 0);
      }
      if ("ready" in report) this.#ready.resolve();
    });
    // Like a supervisor, start it again if it ends by itself.
    child.once("exit", () => {
      if (child !== this.#process || this.#ending) return;
      this.gaveUp++;
      setTimeout(() => {
        if (child === this.#process && !this.#ending) this.#process = this.#start();
      }, RESTART_PAUSE);
    });
    return child;
  }

  async kill(): Promise<void> {
    this.kills++;
    await this.#end("SIGKILL");
    this.#ending = false;
    this.#process = this.#start();
  }

  /** Ends the program for good. */
  async stop(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
    await this.#end(signal);
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process;
    this.#ending = true;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.kill(signal);
    // A program that has just started may not listen for the signal yet.
    const last = setTimeout(() => child.kill("SIGKILL"), LONGEST_END);
    await gone;
    clearTimeout(last);
  }
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve!: () => void;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
