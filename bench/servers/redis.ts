import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Server } from "../work/work.js";

/** A redis-server without persistence, on a socket of its own. */
export interface Redis extends Server, AsyncDisposable {
  readonly version: string;
}

/** @throws Error that says what is missing. */
export async function startRedis(): Promise<Redis> {
  const folder = await mkdtemp(join(tmpdir(), "alternats-redis-"));
  const url = join(folder, "redis.sock");
  const args = ["--port", "0", "--unixsocket", url, "--save", "", "--appendonly", "no"];
  const process = spawn("redis-server", args, {
    cwd: folder,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const kill = () => process.kill();
  globalThis.process.once("exit", kill);
  const remove = () => rm(folder, { recursive: true, force: true });
  const version = await Promise.race([ready(process.stdout), gone(process)]);
  if (version === undefined) {
    await remove();
    throw new Error("needs redis-server (apt-get install redis-server)");
  }
  return {
    url,
    version,
    async [Symbol.asyncDispose]() {
      const ended = once(process, "exit");
      kill();
      await ended;
      globalThis.process.off("exit", kill);
      await remove();
    },
  };
}

/** @returns The version, once the server listens. */
async function ready(output: NodeJS.ReadableStream): Promise<string | undefined> {
  let version = "";
  for await (const line of createInterface(output)) {
    version ||= line.match(/version=([\d.]+)/)?.[1] ?? "";
    if (/ready to accept connections/i.test(line)) {
      output.resume();
      return version;
    }
  }
  return undefined;
}

async function gone(process: NodeJS.EventEmitter): Promise<undefined> {
  await Promise.race([once(process, "exit"), once(process, "error")]).catch(() => {});
}
