import { type ChildProcess, fork, type Serializable } from "node:child_process";
import { on, once } from "node:events";

/** One of two processes that take turns in telling each other something. */
export class Conversation {
  readonly #side: ChildProcess | NodeJS.Process;
  readonly #heard: AsyncIterator<[unknown, ...unknown[]]>;

  /** @param side The process that was forked, or this one where it was. */
  constructor(side: ChildProcess | NodeJS.Process) {
    this.#side = side;
    this.#heard = on(side as ChildProcess, "message", { close: ["exit"] }) as AsyncIterator<
      [unknown, ...unknown[]]
    >;
  }

  /** Starts a process to talk to. */
  static fork(file: string, args: readonly string[], execPath: string): Conversation {
    return new Conversation(fork(file, args, { execPath }));
  }

  tell(something: Serializable): void {
    this.#side.send!(something);
  }

  /** @returns What the other side tells next. */
  async hear<T>(): Promise<T> {
    const { value, done } = await this.#heard.next();
    if (done) throw new Error("The other process ended, see above.");
    return value[0] as T;
  }

  /** Ends the process that was forked. */
  async end(): Promise<void> {
    const side = this.#side as ChildProcess;
    if (side.exitCode !== null || side.signalCode !== null) return;
    const gone = once(side, "exit");
    side.kill();
    await gone;
  }
}
