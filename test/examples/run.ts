import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterEach } from "vitest";
import { whenBuilt } from "../support/built.js";

await whenBuilt("examples/rust-server");

const dist = new URL("../../examples/rust-server/dist/", import.meta.url);
const started: ChildProcess[] = [];

/** Spares a database that is used for seconds that the processor optimizes it for half of them. */
const quickWebAssembly = `--import=data:text/javascript,${encodeURIComponent(
  'import { setFlagsFromString } from "node:v8"; setFlagsFromString("--liftoff-only");',
)}`;

afterEach(() => {
  for (const program of started.splice(0)) program.kill("SIGKILL");
});

/** Runs a built program of the Rust server, and collects what it prints. */
export class Run {
  readonly process: ChildProcess;
  readonly ended: Promise<number | null>;
  output = "";

  constructor(
    script: string,
    args: readonly string[] = [],
    env: Record<string, string> = {},
    detached = false,
  ) {
    this.process = spawn(process.execPath, [fileURLToPath(new URL(script, dist)), ...args], {
      // The programs that it starts inherit it.
      env: { ...process.env, NODE_OPTIONS: quickWebAssembly, ...env },
      stdio: ["ignore", "pipe", "pipe"],
      detached,
    });
    started.push(this.process);
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream?.on("data", (chunk: Buffer) => {
        this.output += chunk.toString();
        this.process.emit("printed");
      });
    }
    this.ended = once(this.process, "close").then(([code]) => code as number | null);
  }

  /** Resolves when the program has printed something. */
  async prints(text: string): Promise<void> {
    const ended = this.ended.then((code) => {
      throw new Error(`ended with ${code} before it printed "${text}":\n${this.output}`);
    });
    ended.catch(() => {});
    while (!this.output.includes(text)) {
      await Promise.race([once(this.process, "printed"), ended]);
    }
  }
}
