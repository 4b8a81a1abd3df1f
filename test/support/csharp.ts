import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { project } from "./project.js";

const sources = join(project, "test/csharp");
const kept = join(project, "node_modules/.cache/alternats/csharp");
let built: { readonly program: string | undefined } | undefined;

/**
 * The program of `test/csharp`, built once for each version of its sources and kept.
 *
 * @returns Its path; undefined if it cannot be built.
 */
export function csharpPeer(): string | undefined {
  built ??= { program: build() };
  return built.program;
}

function build(): string | undefined {
  const hash = createHash("sha256");
  for (const file of readdirSync(sources).sort()) {
    if (/\.(?:cs|csproj)$/.test(file)) hash.update(readFileSync(join(sources, file)));
  }
  const folder = join(kept, hash.digest("hex").slice(0, 16));
  const program = join(folder, "peer.dll");
  if (existsSync(program)) return program;
  if (spawnSync("dotnet", ["--version"]).status !== 0) return undefined;
  const part = `${folder}.${process.pid}`;
  mkdirSync(part, { recursive: true });
  const args = ["build", join(sources, "peer.csproj"), "-c", "Release", "--nologo", "-v", "q"];
  // Its intermediate files stay out of the sources.
  const output = ["-o", part, `-p:BaseIntermediateOutputPath=${part}/obj/`];
  const { status } = spawnSync("dotnet", [...args, ...output], { timeout: 300_000 });
  if (status !== 0) {
    rmSync(part, { recursive: true, force: true });
    return undefined;
  }
  try {
    renameSync(part, folder);
  } catch {
    // Another run was faster.
    rmSync(part, { recursive: true, force: true });
  }
  return program;
}

/** A running peer, which is subscribed. */
export class CSharpPeer implements AsyncDisposable {
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess) {
    this.#process = process;
  }

  /** @param format Encoding of its payloads. */
  static async start(url: string, format: "json" | "msgpack"): Promise<CSharpPeer> {
    const child = spawn("dotnet", [csharpPeer() ?? "", url, format], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const peer = new CSharpPeer(child);
    for await (const line of createInterface(child.stdout!)) if (line === "ready") return peer;
    throw new Error("The peer in C# ended before it was ready.");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode !== null) return;
    const ended = once(this.#process, "exit");
    this.#process.kill("SIGKILL");
    await ended;
  }
}
