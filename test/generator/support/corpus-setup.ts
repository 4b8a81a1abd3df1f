import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import type { TestProject } from "vitest/node";
import { corpus, entries, project } from "./corpus-index.js";

declare module "vitest" {
  interface ProvidedContext {
    /** Where test files get the SDKs of the corpus, generated once per run when first asked for. */
    readonly corpusUrl: string;
  }
}

/** Test files run in processes of their own; this one, which outlives them, keeps what they share. */
export default async function setup({ provide }: TestProject): Promise<() => void> {
  let results: Promise<string> | undefined;
  const server = createServer((_request, response) => {
    results ??= generateCorpus();
    results.then(
      (json) => response.end(json),
      (error) => response.writeHead(500).end(String(error)),
    );
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  provide("corpusUrl", `http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  return () => {
    server.close();
    server.closeAllConnections();
  };
}

async function generateCorpus(): Promise<string> {
  const script = fileURLToPath(new URL("generate-corpus.js", import.meta.url));
  const generator = join(project, "generator/dist/index.js");
  const child = spawn(process.execPath, [script, corpus, generator], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  child.stdin.end(JSON.stringify(entries("valid")));
  const [json] = await Promise.all([text(child.stdout), once(child, "close")]);
  if (child.exitCode !== 0) throw new Error(`generating the corpus ended with ${child.exitCode}`);
  return json;
}
