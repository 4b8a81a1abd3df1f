import { connect, type NatsConnection as Peer } from "@nats-io/transport-node";
import {
  BatchError,
  type NatsConnection as Connection,
  InvalidArgumentError,
  InvalidSubjectError,
  NatsConnection,
  NatsConnectionPool,
  NatsKey,
  NatsShardingConnection,
} from "alternats";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { xxHash32 } from "../../runtime/src/pool/xxhash32.ts";
import { type Broker, startBroker } from "../support/broker.js";

let broker: Broker;
let nats: Connection;
let peer: Peer;

/** Texts of the messages that the official client gets on a subject. */
async function heardByPeer(subject: string): Promise<string[]> {
  const heard: string[] = [];
  peer.subscribe(subject, {
    callback: (_, message) => void heard.push(`${message.subject} ${message.string()}`),
  });
  await peer.flush();
  return heard;
}

beforeAll(async () => {
  broker = await startBroker({ monitoring: true });
  nats = new NatsConnection({ servers: broker.url, onError: () => {} });
  peer = await connect({ servers: broker.url });
});

afterAll(async () => {
  await nats?.close();
  await peer?.close();
  await broker?.[Symbol.asyncDispose]();
});

describe("a pool", () => {
  it("uses its connections in turn, names and configures each", async () => {
    const configured: number[] = [];
    const pool = new NatsConnectionPool({
      servers: broker.url,
      poolSize: 4,
      name: "pool",
      configureConnection: (_, index) => configured.push(index),
    });
    const turns = Array.from({ length: 5 }, () => pool.getConnection());
    expect(new Set(turns.slice(0, 4))).toEqual(new Set(pool.getConnections()));
    expect(turns[4]).toBe(turns[0]);
    expect(pool.getCommand()).toBe(turns[1]);
    expect(pool.getConnections().map(({ options }) => options.name)).toEqual([
      "pool#0",
      "pool#1",
      "pool#2",
      "pool#3",
    ]);
    expect(configured).toEqual([0, 1, 2, 3]);

    const heard = await heardByPeer("pooled");
    await pool.connect();
    for (let i = 0; i < 100; i++) await pool.publish("pooled", i);
    await pool.flush();
    await peer.flush();
    expect(heard).toHaveLength(100);
    expect(pool.getConnections().map((one) => one.getStats().sentMessages)).toEqual([
      25, 25, 25, 25,
    ]);
    await pool.respond<number, number>("pooled.double", (value) => 2 * value);
    expect(await pool.request("pooled.double", 21)).toBe(42);
    expect(await pool.ping()).toBeGreaterThan(0);
    await pool.close();
  });

  it("has at least one connection", () => {
    expect(new NatsConnectionPool().getConnections().length).toBeGreaterThan(0);
    expect(() => new NatsConnectionPool({ poolSize: 0 })).toThrow(InvalidArgumentError);
  });
});

describe("shards", () => {
  // AlterNats' own hashes of these keys, and so their places on three servers.
  it.each([
    ["foo", 0x6f12d56b],
    ["bar", 0x7158fff5],
    ["baz", 0xa24415fc],
    ["foobarbaz", 0x9259c46b],
  ])("hash %j as AlterNats does", (key, hash) => {
    expect(xxHash32(key)).toBe(hash);
  });

  it("send a key to its server, by each command", async () => {
    const brokers = await Promise.all([startBroker(), startBroker(), startBroker()]);
    const heard: string[] = [];
    const peers = await Promise.all(
      brokers.map(async ({ url }, index) => {
        const one = await connect({ servers: url });
        one.subscribe(">", {
          callback: (_, message) => void heard.push(`${index} ${message.subject}`),
        });
        await one.flush();
        return one;
      }),
    );
    const shards = new NatsShardingConnection({ servers: brokers.map(({ url }) => url) });
    await shards.connect();
    expect(shards.getConnections()).toHaveLength(3);
    await shards.publish("foo", 1);
    shards.post(new NatsKey("foobarbaz"), 1);
    await shards.publishBatch([
      ["bar", 1],
      ["baz", 1],
      ["foobarbaz", 1],
    ]);
    await shards.flush();
    for (const one of peers) await one.flush();
    // The hashes above modulo 3
    expect(heard.sort()).toEqual(["1 foobarbaz", "1 foobarbaz", "2 bar", "2 baz", "2 foo"]);

    await shards.respond<number, number>("foobarbaz", (value) => value * value);
    expect(await shards.request("foobarbaz", 100)).toBe(10_000);
    for (const call of [
      () => shards.publish("a.*", 1),
      () => shards.subscribe("a.>", () => {}),
      () => shards.request("*", 1),
    ]) {
      await expect(call()).rejects.toThrow(InvalidSubjectError);
    }
    await shards.close();
    for (const one of peers) await one.close();
    for (const one of brokers) await one[Symbol.asyncDispose]();
  });

  it("name the item of a batch that has no server", async () => {
    await using shards = new NatsShardingConnection({ servers: broker.url, onError: () => {} });
    const bad: unknown[] = [["fine"], null];
    const wild: [string][] = [["a.*"]];
    await expect(shards.publishBatch(bad as [string][])).rejects.toMatchObject({ index: 1 });
    await expect(shards.publishBatch(wild)).rejects.toMatchObject({ code: "BATCH", index: 0 });
    expect(() => shards.postBatch(5 as unknown as [string][])).toThrow(BatchError);
    expect(() => shards.post(5 as unknown as string)).toThrow(InvalidSubjectError);
    expect(shards.getConnections()[0]!.getStats().pendingMessages).toBe(0);
  });

  it("need servers", () => {
    expect(() => new NatsShardingConnection({ servers: [] })).toThrow(InvalidArgumentError);
    expect(() => new NatsShardingConnection({ servers: "" })).toThrow(InvalidArgumentError);
  });
});
