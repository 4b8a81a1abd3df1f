import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Broker, startBroker } from "../support/broker.js";
import { whenBuilt } from "../support/built.js";

await whenBuilt("runtime");

let broker: Broker;
beforeAll(async () => {
  broker = await startBroker({ config: 'websocket { listen: "127.0.0.1:-1", no_tls: true }' });
});
afterAll(() => broker?.[Symbol.asyncDispose]());

/** Runs a program in a process of its own. @returns Its output; rejects when it does not end. */
async function run(program: string): Promise<string> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--input-type=module", "-e", program],
    { cwd: import.meta.dirname, timeout: 10_000, killSignal: "SIGKILL" },
  );
  return stdout;
}

/** As browsers and newer versions of Node.js have it. */
const GLOBAL_WEBSOCKET = `
  const ws = await import("ws");
  globalThis.WebSocket ??= ws.WebSocket;
`;

const CONVERSATION = (url: string) => `
  const nats = new NatsConnection({ servers: "${url}" });
  const got = [];
  await nats.subscribe("page", (value) => void got.push(value));
  for (let i = 0; i < 1_000; i++) await nats.publish("page", i);
  await nats.flush();
  await nats.close();
  console.log(got.length, got.every((value, i) => value === i));
`;

describe("alternats/ws in Node.js", () => {
  it.each(["alternats/ws", "alternats/sdk", "alternats/jetstream"])(
    "lets a process end that imports it (%s)",
    async (entry) => {
      const condition = entry === "alternats/ws" ? [] : ["--conditions=browser"];
      const { stdout } = await promisify(execFile)(
        process.execPath,
        [
          ...condition,
          "--input-type=module",
          "-e",
          `await import("${entry}"); console.log("imported");`,
        ],
        { cwd: import.meta.dirname, timeout: 10_000, killSignal: "SIGKILL" },
      );
      expect(stdout).toBe("imported\n");
    },
  );

  it("works, and lets the process end when the connection is closed", async () => {
    const program = `
      ${GLOBAL_WEBSOCKET}
      const { NatsConnection } = await import("alternats/ws");
      ${CONVERSATION(broker.websocketUrl)}
    `;
    expect(await run(program)).toBe("1000 true\n");
  });

  it("connects to WebSocket addresses only, and reads no file", async () => {
    const program = `
      ${GLOBAL_WEBSOCKET}
      const { NatsConnection } = await import("alternats/ws");
      const tried = async (options) => {
        const nats = new NatsConnection({ ...options, onError() {} });
        const outcome = await nats.connect().then(() => "connected", ({ message }) => message);
        await nats.close();
        return outcome;
      };
      const servers = "${broker.websocketUrl}";
      console.log(JSON.stringify([
        await tried({}),
        await tried({ servers: "tls://127.0.0.1:1" }),
        await tried({ servers, authenticator: { credsFile: "user.creds" } }),
      ]));
    `;
    expect(JSON.parse(await run(program))).toEqual([
      expect.stringContaining("only to ws:// and wss:// addresses"),
      expect.stringContaining("only to ws:// and wss:// addresses"),
      expect.stringContaining("user.creds cannot be read"),
    ]);
  });

  it("works where there is no MessageChannel", async () => {
    const program = `
      ${GLOBAL_WEBSOCKET}
      delete globalThis.MessageChannel;
      const { NatsConnection } = await import("alternats/ws");
      ${CONVERSATION(broker.websocketUrl)}
    `;
    expect(await run(program)).toBe("1000 true\n");
  });

  it("lets handlers with a full queue request on their own connection, as over TCP", async () => {
    const program = `
      ${GLOBAL_WEBSOCKET}
      const { NatsConnection } = await import("alternats/ws");
      const nats = new NatsConnection({ servers: "${broker.websocketUrl}", requestTimeout: 2_000 });
      const other = new NatsConnection({ servers: "${broker.websocketUrl}" });
      await other.respond("double", (n) => n * 2);
      let answered = 0;
      let failed = 0;
      let all;
      const done = new Promise((resolve) => { all = resolve; });
      await nats.subscribe("jobs", async (n) => {
        await nats.request("double", n).then(() => answered++, () => failed++);
        if (answered + failed === 1_000) all();
      }, { concurrency: 8, maxBuffered: 100 });
      for (let i = 0; i < 1_000; i++) await other.publish("jobs", i);
      await done;
      console.log(answered, failed, nats.getStats().missed);
      process.exit(0);
    `;
    expect(await run(program)).toBe("1000 0 0\n");
  });
});
