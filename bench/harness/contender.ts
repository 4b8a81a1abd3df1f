import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { ContenderName } from "../work/work.js";

/** What one run of a work took. */
export interface Sample {
  readonly seconds: number;
  /** The longest time that the event loop was held, in milliseconds, where there is one. */
  readonly lag?: number;
  /** The processor's time of the contender's process, in seconds, where it tells. */
  readonly processor?: number;
}

/** A contender at its work, in a process of its own, so that none disturbs another's heap or compiler. */
export class Contender implements AsyncDisposable {
  readonly name: ContenderName;
  readonly #process: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  private constructor(name: ContenderName, process: ChildProcess) {
    this.name = name;
    this.#process = process;
    this.#lines = createInterface(process.stdout!)[Symbol.asyncIterator]();
  }

  /**
   * Starts the process and waits until it is connected.
   *
   * @param command The executable and its arguments.
   */
  static async start(
    name: ContenderName,
    [file, ...args]: readonly [string, ...string[]],
  ): Promise<Contender> {
    const process = spawn(file, args, { stdio: ["pipe", "pipe", "inherit"] });
    const contender = new Contender(name, process);
    await contender.#answer();
    return contender;
  }

  /** Does the work once. */
  async sample(): Promise<Sample> {
    this.#process.stdin!.write("\n");
    return (await this.#answer()) as Sample;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode !== null) return;
    const gone = once(this.#process, "exit");
    this.#process.stdin!.end();
    await gone;
  }

  async #answer(): Promise<unknown> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`${this.name} ended with ${this.#process.exitCode}, see above.`);
    return JSON.parse(value);
  }
}
