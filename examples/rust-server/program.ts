import { type ChildProcess, fork } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Counts, Report } from "./watch.js";

const LONGEST_END = 10_000; // milliseconds

/** A program of the demo, in its own process. */
export class Program {
  readonly name: string;
  /** Resolves when the program is ready. Rejects if it ended before. */
  readonly ready: Promise<void>;
  /** Resolves with the exit code; `null` if a signal ended it. */
  readonly ended: Promise<number | null>;
  /** Its last printed line. */
  line = "";
  counts: Counts = { sent: {}, received: {}, asked: {}, answered: {}, replied: {}, notified: {} };
  /** The leaderboard, of the history. */
  scores: Readonly<Record<string, number>> = {};

  /** Address of the API, of the history. */
  url = "";

  readonly #process: ChildProcess;

  /**
   * @param name Name for the display.
   * @param script Path of its file.
   * @param args Its arguments.
   */
  constructor(name: string, script: URL, args: readonly string[], env: NodeJS.ProcessEnv) {
    this.name = name;
    const child = fork(fileURLToPath(script), args, {
      env,
      stdio: ["ignore", "pipe", "inherit", "ipc"],
    });
    this.#process = child;
    this.ended = new Promise((resolve) => child.once("close", resolve));
    this.ready = new Promise((resolve, reject) => {
      child.on("message", (report: Report) => {
        if ("counts" in report) this.counts = report.counts;
        else if ("scores" in report) this.scores = report.scores;
        else {
          this.url = report.url ?? "";
          resolve();
        }
      });
      child.once("error", reject);
      void this.ended.then((code) => reject(new Error(`${name} ended with exit code ${code}`)));
    });
    if (child.stdout !== null) {
      createInterface({ input: child.stdout }).on("line", (line) => {
        this.line = line;
      });
    }
  }

  /**
   * Stops the program and waits for its end. @returns The exit code; `null` if it had to be killed.
   */
  async stop(): Promise<number | null> {
    this.#process.kill("SIGTERM");
    const timer = setTimeout(() => this.kill(), LONGEST_END);
    const code = await this.ended;
    clearTimeout(timer);
    return code;
  }

  /** Kills the program. */
  kill(): void {
    this.#process.kill("SIGKILL");
  }
}
