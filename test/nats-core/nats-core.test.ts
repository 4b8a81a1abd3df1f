import { readFile } from "node:fs/promises";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { errors } from "@nats-io/transport-node";
import { NatsConnection, NatsConnectionPool } from "alternats";
import { natsCore } from "alternats/nats-core";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Broker, startBroker } from "../support/broker.js";
import { all, rejection, StatusLog } from "./support.js";

let broker: Broker;
beforeAll(async () => {
  broker = await startBroker({ jetStream: true });
});
afterAll(() => broker?.[Symbol.asyncDispose]());

describe("natsCore", () => {
  it("passes our connection to JetStream, and both APIs work side by side", async () => {
    await using nats = new NatsConnection({ servers: broker.url, inboxPrefix: "_MINE." });
    const nc = await natsCore(nats);
    expect(await natsCore(nats)).toBe(nc);
    await (await jetstreamManager(nc)).streams.add({ name: "BOTH", subjects: ["both.>"] });
    const heard: unknown[] = [];
    await nats.subscribe("both.>", (value, { subject }) => void heard.push([subject, value]));
    expect(await jetstream(nc).publish("both.js", '{"a":1}')).toMatchObject({ seq: 1 });
    const subscription = nc.subscribe("both.>", { max: 1 });
    await nats.publish("both.ours", { b: 2 });
    const [message] = await all(subscription);
    expect([message!.subject, message!.json()]).toEqual(["both.ours", { b: 2 }]);
    expect(heard).toEqual([
      ["both.js", { a: 1 }],
      ["both.ours", { b: 2 }],
    ]);
    await nats.respond<number, number>("double", (value) => 2 * value);
    expect((await nc.request("double", "21")).json()).toBe(42);
  });

  it("is on the connection's server, also after a restart", async () => {
    await using own = await startBroker();
    await using nats = new NatsConnection({
      servers: own.url,
      reconnectWait: 10,
      onError: () => {},
    });
    const nc = await natsCore(nats);
    const status = new StatusLog(nc);
    expect(nc.getServer()).toBe(`127.0.0.1:${own.port}`);
    await own.restart("SIGKILL");
    await status.until("reconnect");
    await nc.flush();
    expect(nc.info?.port).toBe(own.port);
  });

  it("closes with the connection, whichever API closes it", async () => {
    const nats = new NatsConnection({ servers: broker.url });
    const nc = await natsCore(nats);
    const subscription = nc.subscribe("x");
    await nats.close();
    expect([await nc.closed(), nc.isClosed(), await all(subscription)]).toEqual([
      undefined,
      true,
      [],
    ]);
    const second = new NatsConnection({ servers: broker.url, onError: () => {} });
    await (await natsCore(second)).close();
    await expect(second.publish("x")).rejects.toMatchObject({ code: "CONNECTION_CLOSED" });
    expect(await rejection(natsCore(second))).toBe("ClosedConnectionError: closed connection");
  });

  it("rejects with the errors of nats-core, and accepts nothing but a connection", async () => {
    await using dead = new NatsConnection({ servers: "127.0.0.1:1" });
    await expect(natsCore(dead)).rejects.toBeInstanceOf(errors.ConnectionError);
    await using pool = new NatsConnectionPool({ servers: broker.url });
    expect(await rejection(natsCore(pool as unknown as NatsConnection))).toMatch(
      /^InvalidArgumentError: 'nats' must be a NatsConnection/,
    );
  });

  it("costs nothing if it is not used: the main entry loads no other package", async () => {
    const entry = new URL("../../runtime/src/index.ts", import.meta.url);
    expect(await readFile(entry, "utf8")).not.toContain("nats-core");
    const { metafile } = await build({
      entryPoints: [entry.pathname],
      bundle: true,
      write: false,
      metafile: true,
      packages: "external",
      platform: "node",
      format: "esm",
    });
    const loaded = Object.values(metafile.inputs).flatMap(({ imports }) => imports);
    const packages = loaded.filter(({ external, path }) => external && !path.startsWith("node:"));
    expect(packages.filter(({ kind }) => kind === "import-statement")).toEqual([]);
    expect(Object.keys(metafile.inputs).filter((path) => path.includes("nats-core"))).toEqual([]);
  });
});
