import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import type { TestProject } from "vitest/node";
import { corpus, entries } from "../generator/support/corpus-index.js";
import { project } from "./project.js";
import { build, needs, type Workspace } from "./workspaces.js";

declare module "vitest" {
  interface ProvidedContext {
    /** Address of what test files share: `/build/WORKSPACE` and `/corpus`. */
    readonly runUrl: string;
    /** File that gets a line for each thing that a test needs and the machine lacks. */
    readonly missingFile: string;
  }
}

/** Makes what test files share, when the first of them asks for it: they run in processes of their own. */
export default async function setup(run: TestProject): Promise<() => void> {
  const made = new Map<string, Promise<string>>();
  run.onTestsRerun(() => made.clear());
  const get = (path: string): Promise<string> => {
    const result = made.get(path) ?? make(path);
    made.set(path, result);
    return result;
  };
  const make = async (path: string): Promise<string> => {
    if (path === "/corpus") {
      await get("/build/generator");
      return generateCorpus();
    }
    const workspace = path.slice("/build/".length) as Workspace;
    for (const needed of needs[workspace]) await get(`/build/${needed}`);
    return build(workspace);
  };
  const server = createServer((request, response) => {
    get(request.url ?? "").then(
      (result) => response.end(result),
      (error) => response.writeHead(500).end(String(error)),
    );
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  run.provide("runUrl", `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const folder = mkdtempSync(join(tmpdir(), "alternats-run-"));
  run.provide("missingFile", join(folder, "missing"));
  return () => {
    server.close();
    server.closeAllConnections();
    sayWhatIsMissing(join(folder, "missing"));
    rmSync(folder, { recursive: true });
  };
}

function sayWhatIsMissing(file: string): void {
  let lines: readonly string[];
  try {
    lines = readFileSync(file, "utf8").trimEnd().split("\n");
  } catch {
    return;
  }
  console.log(`Left out, because something is missing: ${[...new Set(lines)].sort().join("; ")}.`);
}

async function generateCorpus(): Promise<string> {
  const script = fileURLToPath(new URL("../generator/support/generate-corpus.js", import.meta.url));
  const generator = join(project, "generator/dist/index.js");
  const child = spawn(process.execPath, [script, corpus, generator], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  child.stdin.end(JSON.stringify(entries("valid")));
  const [json] = await Promise.all([text(child.stdout), once(child, "close")]);
  if (child.exitCode !== 0) throw new Error(`generating the corpus ended with ${child.exitCode}`);
  return json;
}
