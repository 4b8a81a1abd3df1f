import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { startBroker } from "../support/broker.js";
import { whenBuilt } from "../support/built.js";

await whenBuilt("runtime");

const KiB = 1024;

/** Program for a process of its own: opens connections, and prints the memory that they take. */
const PROGRAM = `
  import { NatsConnection } from "alternats";
  const [what, servers, count] = process.argv.slice(1);
  const rest = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
  const memory = () => {
    global.gc();
    global.gc();
    const { heapUsed, external, rss } = process.memoryUsage();
    // Buffers that nobody has written to take no memory yet, but are kept all the same.
    return what === "idle" ? rss : heapUsed + external;
  };
  const open = async () => {
    const nats = new NatsConnection({ servers, connectTimeout: 30_000 });
    await nats.subscribe("idle", () => {});
    return nats;
  };
  const openMany = async (many) => {
    const connections = [];
    while (connections.length < many) {
      connections.push(...(await Promise.all(Array.from({ length: 50 }, open))));
    }
    return connections;
  };
  const closeAll = (connections) => Promise.all(connections.map((nats) => nats.close()));

  // What is loaded and compiled by the first of them is none of the others'.
  await closeAll(await openMany(100));
  await rest(3_000);
  const before = memory();
  if (what === "idle") {
    const connections = await openMany(Number(count));
    await rest(500);
    console.log((memory() - before) / connections.length);
    await closeAll(connections);
  } else if (what === "closed") {
    for (let closed = 0; closed < Number(count); closed += 50) await closeAll(await openMany(50));
    // Sockets end in the turns that follow.
    await rest(200);
    console.log((memory() - before) / Number(count));
  } else if (what === "kept") {
    // The application keeps the connections that it closed.
    const kept = [];
    while (kept.length < Number(count)) {
      const connections = await openMany(50);
      await closeAll(connections);
      kept.push(...connections);
    }
    await rest(200);
    console.log((memory() - before) / kept.length);
  } else {
    const nats = await open();
    const refs = [];
    await (async () => {
      for (let i = 0; i < Number(count); i++) {
        const nats = await open();
        refs.push(new WeakRef(nats));
        await nats.close();
      }
    })();
    await rest(200);
    memory();
    await rest(0);
    memory();
    console.log(refs.filter((ref) => ref.deref() !== undefined).length);
    await nats.close();
  }
`;

async function run(what: string, servers: string, count: number): Promise<number> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--expose-gc", "--input-type=module", "-e", PROGRAM, what, servers, String(count)],
    { cwd: import.meta.dirname },
  );
  return Number(stdout);
}

// Each looks at the memory of a process of its own.
describe.concurrent("connections of a process", () => {
  it("take at most 40 KB each while they are idle", async () => {
    await using broker = await startBroker();
    // So many that what the process takes for itself meanwhile is little beside them.
    expect(await run("idle", broker.url, 2_000)).toBeLessThanOrEqual(40_000);
  }, 120_000);

  it("leave nothing behind at once when they are closed", async () => {
    await using broker = await startBroker();
    expect(await run("closed", broker.url, 500)).toBeLessThanOrEqual(2 * KiB);
  }, 120_000);

  it("take a few kilobytes when they are closed, and kept by the application", async () => {
    await using broker = await startBroker();
    expect(await run("kept", broker.url, 500)).toBeLessThanOrEqual(16 * KiB);
  }, 120_000);

  it("are not kept by anything else when they are closed", async () => {
    await using broker = await startBroker();
    // The last one may still be in the hands of the running function.
    expect(await run("collected", broker.url, 50)).toBeLessThanOrEqual(1);
  }, 120_000);
});
