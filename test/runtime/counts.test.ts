import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { startBroker } from "../support/broker.js";
import { whenBuilt } from "../support/built.js";

// These run the built package in a process of its own: what the test runner allocates is none of ours.
await whenBuilt("runtime");

const script = (name: string) => fileURLToPath(new URL(`counts/${name}.js`, import.meta.url));

/** A young generation that holds everything, so that what was allocated can be read off. */
const ROOM = ["--expose-gc", "--min-semi-space-size=256", "--max-semi-space-size=256"];

async function count<T>(name: string, flags: string[], ...args: string[]): Promise<T> {
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, script(name), ...args]);
  return JSON.parse(stdout);
}

describe("the built package", () => {
  it("posts a million messages without a garbage collection, with at most one byte allocated for each and one write per chunk", async () => {
    await using broker = await startBroker();
    const counted = await count<{ bytesPerMessage: number; collections: number; writes: number }>(
      "post",
      ["--expose-gc"],
      broker.url,
    );
    expect(counted.collections).toBe(0);
    expect(counted.bytesPerMessage).toBeLessThanOrEqual(1);
    // 34 bytes a message ("PUB counted 16", CR LF, 16 bytes, CR LF) in chunks of 64 KiB, and one a turn.
    expect(counted.writes).toBeLessThanOrEqual(Math.ceil((34 * 1_000_000) / 65_536) + 100 + 100);
  });

  it("allocates at most 400 bytes for a request, without its caller's await", async () => {
    await using broker = await startBroker();
    const responder = spawn(process.execPath, [script("request"), broker.url, "respond"]);
    await once(responder.stdout, "data");
    try {
      const counted = await count<{ bytesPerRequest: number }>("request", ROOM, broker.url);
      expect(counted.bytesPerRequest).toBeLessThanOrEqual(400);
    } finally {
      responder.kill();
    }
  });

  it("grows by at most 32 MiB during five million awaited publishes to a slow server", async () => {
    const { grownMiB } = await count<{ grownMiB: number }>("slow-server", ["--expose-gc"]);
    expect(grownMiB).toBeLessThanOrEqual(32);
  }, 60_000);

  it("loads no package, no TLS and no WebSocket when alternats is imported", async () => {
    const { loaded, packages } = await count<{ loaded: string[]; packages: string[] }>(
      "imports",
      [],
    );
    expect(packages).toEqual([]);
    expect(loaded).toContain("NativeModule net");
    expect(loaded.filter((name) => /NativeModule (_?tls|crypto|http|https)/.test(name))).toEqual(
      [],
    );
  });
});
