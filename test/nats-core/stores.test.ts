import { type KvEntry, Kvm } from "@nats-io/kv";
import { Objm } from "@nats-io/obj";
import { connect as connectPeer, type NatsConnection } from "@nats-io/transport-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Broker, startBroker } from "../support/broker.js";
import { bothConnects } from "./support.js";

let broker: Broker;
let peer: NatsConnection;
beforeAll(async () => {
  broker = await startBroker({ jetStream: true });
  peer = await connectPeer({ servers: broker.url });
});
afterAll(async () => {
  await peer?.close();
  await broker?.[Symbol.asyncDispose]();
});

describe.each(bothConnects)("on %s", (name, connect) => {
  const bucket = name.slice(0, 3).replace("@", "x");
  let nc: NatsConnection;
  beforeAll(async () => {
    nc = await connect({ servers: broker.url });
  });
  afterAll(() => nc.close());

  const shown = (entry: KvEntry) =>
    `${entry.revision} ${entry.operation} ${entry.key}=${entry.string()}`;

  const first = async <T>(items: AsyncIterable<T>, count: number): Promise<T[]> => {
    const taken: T[] = [];
    for await (const item of items) {
      taken.push(item);
      if (taken.length === count) break;
    }
    return taken;
  };

  it("@nats-io/kv puts, gets, watches, lists the history, updates and deletes", async () => {
    const kv = await new Kvm(nc).create(bucket, { history: 5 });
    const seen = (await new Kvm(peer).open(bucket)) ?? kv;
    const watch = await kv.watch({ key: "a.>" });
    const watched = first(watch, 4);
    expect(await kv.put("a.x", "1")).toBe(1);
    expect(await seen.put("a.x", "2")).toBe(2);
    expect((await kv.get("a.x"))?.string()).toBe("2");
    expect((await seen.get("a.x"))?.revision).toBe(2);
    expect(await kv.update("a.x", "3", 2)).toBe(3);
    await expect(kv.update("a.x", "4", 2)).rejects.toMatchObject({ code: 10071 });
    await expect(kv.create("a.x", "5")).rejects.toMatchObject({ code: 10071 });
    await kv.delete("a.x");
    expect((await kv.get("a.x"))?.operation).toBe("DEL");
    expect((await watched).map(shown)).toEqual([
      "1 PUT a.x=1",
      "2 PUT a.x=2",
      "3 PUT a.x=3",
      "4 DEL a.x=",
    ]);
    const history: string[] = [];
    for await (const entry of await kv.history({ key: "a.x" })) history.push(shown(entry));
    expect(history).toEqual(["1 PUT a.x=1", "2 PUT a.x=2", "3 PUT a.x=3", "4 DEL a.x="]);
    await kv.put("a.y", new Uint8Array([0xff, 0]));
    const keys: string[] = [];
    for await (const key of await kv.keys()) keys.push(key);
    expect(keys).toEqual(["a.y"]);
    expect((await kv.get("a.y"))?.value).toEqual(Buffer.from([0xff, 0]));
    await kv.purge("a.x");
    expect(await kv.get("never")).toBeNull();
    expect((await kv.status()).values).toBe(2);
    expect(await kv.destroy()).toBe(true);
  });

  it("@nats-io/obj puts large objects in pieces, gets, watches, links and deletes", async () => {
    const store = await new Objm(nc).create(bucket);
    const seen = await new Objm(peer).open(bucket);
    const bytes = new Uint8Array(1_000_003).map((_, i) => i * 31 + (i >> 8));
    const watch = await store.watch();
    const info = await store.putBlob({ name: "big", description: "bytes" }, bytes);
    expect(info).toMatchObject({ name: "big", size: bytes.length, chunks: 8 });
    const taken = await seen!.getBlob("big");
    expect(Buffer.compare(Buffer.from(taken!), Buffer.from(bytes))).toBe(0);
    await seen!.putBlob({ name: "small" }, new TextEncoder().encode("hello"));
    expect(new TextDecoder().decode((await store.getBlob("small"))!)).toBe("hello");
    await store.link("same", info);
    expect((await store.getBlob("same"))?.length).toBe(bytes.length);
    const names = (await first(watch, 3)).map((one) => one?.name ?? "(all so far)");
    expect(names).toEqual(expect.arrayContaining(["big", "small"]));
    expect((await store.list()).map((one) => one.name).sort()).toEqual(["big", "same", "small"]);
    expect(await store.delete("big")).toMatchObject({ success: true });
    expect(await store.getBlob("big")).toBeNull();
    expect(await store.destroy()).toBe(true);
  });
});
