import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type * as main from "../../../generator/src/cli/main.ts";
import { builtModule } from "../../support/built.js";
import { project } from "../../support/project.js";

/** The program, in this process. */
export const { run: program } = await builtModule<typeof main>("cli/main.js");

/** The real executable. */
export const executable: string = join(project, "generator/bin/alternats-gen.js");

/** A document without anything to complain about. */
export const good = `asyncapi: 3.0.0
info: { title: T, version: "1" }
servers: { n: { host: localhost, protocol: nats } }
channels:
  moved: { address: moved, messages: { m: { payload: { type: string } } } }
`;

/** Result of the executable. */
export interface Result {
  readonly code: number | null;
  readonly out: string;
  readonly error: string;
}

let last: Promise<unknown> = Promise.resolve();

/**
 * Runs the program in a folder, in this process, which spares it the second in which the executable loads what
 * reads documents. One run waits for the other, also for that of a test whose time was over: the folder is that of
 * the whole process.
 */
export function runHere(folder: string, args: readonly string[]): Promise<Result> {
  const result = last.then(() => runAlone(folder, args));
  last = result.catch(() => {});
  return result;
}

async function runAlone(folder: string, args: readonly string[]): Promise<Result> {
  let [out, error] = ["", ""];
  const before = process.cwd();
  process.chdir(folder);
  try {
    const code = await program(args, {
      out: (text) => {
        out += text;
      },
      error: (text) => {
        error += text;
      },
      colored: false,
      isTerminal: false,
      columns: 80,
      canAsk: false,
    });
    return { code, out, error };
  } finally {
    process.chdir(before);
  }
}

/** Runs the executable in a folder; nothing of it is a terminal. */
export function runIn(folder: string, args: readonly string[]): Promise<Result> {
  return new Running(folder, process.execPath, [executable, ...args]).ended;
}

/**
 * Runs the executable on a terminal of its own.
 *
 * @returns All that the terminal got, in `out`.
 */
export function runOnTerminal(folder: string, args: readonly string[]): Promise<Result> {
  return terminal(folder, args).ended;
}

/**
 * Starts the executable on a terminal of its own.
 *
 * @param input Text for the child's standard input, as if somebody typed it.
 */
export function terminal(
  folder: string,
  args: readonly string[],
  input: "ignore" | "pipe" = "ignore",
): Running {
  const command = [process.execPath, executable, ...args].map((part) => `'${part}'`).join(" ");
  return new Running(folder, "script", ["-qefc", command, "/dev/null"], input);
}

/** The executable while it runs; killed at the end of the scope if it still does. */
export class Running implements Disposable {
  readonly child: ChildProcess;
  /** Result, when it has ended. */
  readonly ended: Promise<Result>;
  out = "";
  error = "";
  #heard: () => void = () => {};

  constructor(
    folder: string,
    program: string,
    args: readonly string[],
    input: "ignore" | "pipe" = "ignore",
  ) {
    const { NO_COLOR: _, ...env } = process.env;
    this.child = spawn(program, args, { cwd: folder, env, stdio: [input, "pipe", "pipe"] });
    this.child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.out += text;
      this.#heard();
    });
    this.child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.error += text;
      this.#heard();
    });
    this.ended = once(this.child, "close").then(([code]) => {
      return { code: code as number | null, out: this.out, error: this.error };
    });
  }

  [Symbol.dispose](): void {
    this.child.kill("SIGKILL");
  }

  /** Waits until what it has said is as wanted. */
  async until(isSaid: (said: string) => boolean): Promise<void> {
    const ended = this.ended.then(() => true);
    while (!isSaid(this.out + this.error)) {
      const heard = new Promise<false>((resolve) => {
        this.#heard = () => resolve(false);
      });
      if ((await Promise.race([heard, ended])) && !isSaid(this.out + this.error))
        throw new Error(`It ended, having said: ${this.out}${this.error}`);
    }
  }

  /** Waits until it has said something, from a place in what it says on. */
  says(text: string, from = 0): Promise<void> {
    return this.until((said) => said.includes(text, from));
  }
}
