import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createContext, runInContext } from "node:vm";
import { gzipSync } from "node:zlib";
import { connect } from "@nats-io/transport-node";
import { type BuildResult, build } from "esbuild";
import { beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { startBroker } from "../support/broker.js";
import { whenBuilt } from "../support/built.js";
import { chromium } from "../support/chromium.js";
import { lacks } from "../support/requirements.js";

await whenBuilt("runtime");

const PLAIN = 'websocket { listen: "127.0.0.1:-1", no_tls: true }';

/** Work of a page with the package. `report` delivers its result. */
const PROGRAM = `
  import { NatsConnection, NatsKey, textSerializer } from "alternats/ws";
  import { subject } from "alternats/sdk";

  async function main() {
    const nats = new NatsConnection({ servers, requestTimeout: 10_000, onError: (e) => errors.push(e.code) });
    const errors = [];
    const got = [];
    await nats.subscribe("page.*", (value, { subject }) => void got.push([subject, value]));
    const key = new NatsKey("page.key");
    for (let i = 0; i < 5_000; i++) await nats.publish(key, i);
    await nats.publish("page.text", "é€😀\\uFEFF");
    await nats.publish("page.large", "x".repeat(900_000));
    await nats.flush();
    const ordered = got.slice(0, 5_000).every(([, value], i) => value === i);
    const answer = await nats.request("outside", { from: "page" });
    const headers = await nats.request("outside.text", "ü", { serializer: textSerializer });
    const refused = await new NatsConnection({ servers: "nats://127.0.0.1:4222" }).connect().catch((e) => e.message);
    const { subject: named } = subject("to.{who}").at({ who: "you" });
    await nats.close();
    return { count: got.length, ordered, text: got[5_000][1], large: got[5_001][1].length, answer, headers, refused, named, errors };
  }
  main().then(report, (error) => report({ failed: String(error?.stack ?? error) }));
`;

const RESULT = {
  count: 5_002,
  ordered: true,
  text: "é€😀\uFEFF",
  large: 900_000,
  answer: { echo: { from: "page" } },
  headers: "ü!",
  refused:
    "Could not connect to nats://127.0.0.1:4222: a browser can connect only to ws:// and wss:// addresses",
  named: "to.you",
  errors: [],
};

let bundled: BuildResult<{ metafile: true; write: false }>;
let code: string;
beforeAll(async () => {
  bundled = await build({
    stdin: { contents: PROGRAM, resolveDir: import.meta.dirname },
    bundle: true,
    minify: true,
    platform: "browser",
    format: "iife",
    metafile: true,
    write: false,
    logLevel: "error",
  });
  code = bundled.outputFiles[0]!.text;
});

/** A broker, and somebody outside who answers. */
async function startOutside() {
  const broker = await startBroker({ config: PLAIN });
  const peer = await connect({ servers: broker.url });
  peer.subscribe("outside", {
    callback: (_, message) => void message.respond(JSON.stringify({ echo: message.json() })),
  });
  peer.subscribe("outside.text", {
    callback: (_, message) => void message.respond(`${message.string()}!`),
  });
  await peer.flush();
  return {
    url: broker.websocketUrl,
    async [Symbol.asyncDispose]() {
      await peer.close();
      await broker[Symbol.asyncDispose]();
    },
  };
}

describe("alternats/ws, bundled for a browser without externals", () => {
  it("contains no module of Node.js", () => {
    const inputs = Object.keys(bundled.metafile.inputs);
    expect(inputs.some((path) => path.endsWith("runtime/dist/browser/index.js"))).toBe(true);
    const imports = Object.values(bundled.metafile.inputs).flatMap((input) => input.imports);
    const external = imports.filter(({ external, path }) => external && path !== "<runtime>");
    expect(external).toEqual([]);
    // The package's own code; that of others guards such names by typeof.
    const own = inputs.filter((path) => /runtime\/dist\//.test(path));
    expect(own.filter((path) => !/runtime\/dist\/browser\//.test(path))).toEqual([]);
    expect(code).not.toMatch(/\bBuffer\b|"node:|\bprocess\b|\bsetImmediate\b/);
  });

  it("is no larger than docs/connection.md says, without the package for nkeys", async () => {
    const { outputFiles } = await build({
      stdin: {
        contents: 'export { NatsConnection } from "alternats/ws";',
        resolveDir: import.meta.dirname,
      },
      bundle: true,
      minify: true,
      platform: "browser",
      format: "esm",
      splitting: true,
      outdir: "unused",
      write: false,
    });
    const engine = outputFiles.find(({ path }) => path.endsWith("stdin.js"))!;
    const page = await readFile(join(import.meta.dirname, "../../docs/connection.md"), "utf8");
    const [, whole, compressed] = /(\d+) KiB, (\d+) KiB compressed/.exec(page)!;
    expect(engine.contents.length).toBeLessThanOrEqual(Number(whole) * 1024);
    expect(gzipSync(engine.contents).length).toBeLessThanOrEqual(Number(compressed) * 1024);
  });

  it("works without the globals of Node.js", async () => {
    await using outside = await startOutside();
    const result = new Promise((report) => {
      const context = createContext({
        servers: outside.url,
        report,
        WebSocket,
        MessageChannel,
        TextEncoder,
        TextDecoder,
        Uint8Array,
        AbortController,
        AbortSignal,
        URL,
        performance,
        crypto,
        console,
        setTimeout,
        clearTimeout,
        setInterval,
        clearInterval,
        queueMicrotask,
      });
      runInContext(code, context);
    });
    expect(await result).toEqual(RESULT);
  });

  it.skipIf(lacks("chromium"))(
    "works in Chromium",
    async () => {
      await using outside = await startOutside();
      const folder = await mkdtemp(join(tmpdir(), "alternats-chromium-"));
      const reported = withResolvers();
      const pages = createServer(async (request, response) => {
        if (request.method === "POST") {
          let text = "";
          for await (const part of request.setEncoding("utf8")) text += part;
          reported.resolve(JSON.parse(text));
          response.end();
          return;
        }
        response.setHeader("content-type", "text/html; charset=utf-8");
        response.end(`<!doctype html><script>
          const servers = ${JSON.stringify(outside.url)};
          const report = (result) => fetch("/", { method: "POST", body: JSON.stringify(result) });
        </script><script>${code.replaceAll("</script", "<\\/script")}</script>`);
      });
      pages.listen(0, "127.0.0.1");
      await once(pages, "listening");
      const { port } = pages.address() as AddressInfo;
      const browser = spawn(
        chromium!,
        [
          "--headless",
          "--no-sandbox",
          "--disable-gpu",
          "--no-first-run",
          "--disable-dev-shm-usage",
          `--user-data-dir=${folder}`,
          `http://127.0.0.1:${port}/`,
        ],
        { stdio: "ignore", detached: true },
      );
      try {
        expect(await reported.promise).toEqual(RESULT);
      } finally {
        const gone = once(browser, "close");
        // It is a family of processes.
        process.kill(-browser.pid!, "SIGKILL");
        await gone;
        pages.closeAllConnections();
        pages.close();
        await rm(folder, { recursive: true, force: true, maxRetries: 5 });
      }
    },
    60_000,
  );
});

function withResolvers() {
  let resolve!: (value: unknown) => void;
  const promise = new Promise((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
