import { connect, type NatsConnection as Peer } from "@nats-io/transport-node";
import {
  BatchError,
  type NatsConnection as Connection,
  jsonSerializer,
  NatsConnection,
  NatsKey,
  type NatsOptions,
} from "alternats";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
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

/** Messages that the official client receives below a subject, as `subject payload`. */
async function heard(prefix: string): Promise<string[]> {
  const texts: string[] = [];
  peer.subscribe(`${prefix}.>`, {
    callback: (_, message) => void texts.push(`${message.subject} ${message.string()}`),
  });
  await peer.flush();
  return texts;
}

function connection(options: NatsOptions = {}): NatsConnection {
  return new NatsConnection({ servers: broker.url, onError: () => {}, ...options });
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

describe("a batch", () => {
  it("is published whole and in order, from any iterable", async () => {
    const heard = await heardByPeer("batch.>");
    function* items(): Generator<readonly [NatsKey | string, unknown?]> {
      yield [new NatsKey("batch.a"), { n: 1 }];
      yield ["batch.b"];
      yield ["batch.c", new Uint8Array([120])];
    }
    await nats.publishBatch(items());
    nats.postBatch(new Map([["batch.d", 4]]));
    await nats.flush();
    await peer.flush();
    expect(heard).toEqual(['batch.a {"n":1}', "batch.b ", "batch.c x", "batch.d 4"]);
  });

  it("of several chunks is published whole and in order", async () => {
    const heard = await heardByPeer("large.batch");
    const items = Array.from({ length: 20_000 }, (_, i) => ["large.batch", i] as const);
    await nats.publishBatch(items);
    await nats.flush();
    await peer.flush();
    expect(heard).toEqual(items.map(([subject, i]) => `${subject} ${i}`));
  });

  it.each([0, 1, 5_000])(
    "whose item %i fails is not sent, and the error names the item",
    async (bad) => {
      const subject = `bad.batch.${bad}`;
      const heard = await heardByPeer(subject);
      nats.post(subject, "before");
      const items = Array.from({ length: 5_001 }, (_, i) => [
        i === bad ? "a b" : subject,
        "x".repeat(50),
      ]) as [string, string][];
      const publishing = nats.publishBatch(items);
      await expect(publishing).rejects.toThrow(BatchError);
      await expect(publishing).rejects.toMatchObject({ index: bad, code: "BATCH" });
      await expect(publishing).rejects.toThrow(`Message ${bad} of the batch failed`);
      expect(() => nats.postBatch(items)).toThrow(BatchError);
      nats.post(subject, "after");
      await nats.flush();
      await peer.flush();
      expect(heard).toEqual([`${subject} "before"`, `${subject} "after"`]);
    },
  );

  it("whose iterable throws is not sent", async () => {
    const heard = await heardByPeer("thrown.batch");
    function* items(): Generator<readonly [string, number]> {
      yield ["thrown.batch", 1];
      throw new RangeError("no more");
    }
    expect(() => nats.postBatch(items())).toThrow("Message 1 of the batch failed");
    await nats.flush();
    await peer.flush();
    expect(heard).toEqual([]);
  });

  it("whose iterable uses the connection is sent whole after the messages of that use", async () => {
    await using nats = connection();
    const got = await heard("batch");
    nats.postBatch(
      (function* () {
        yield ["batch.b", 1] as const;
        nats.postBatch([["batch.inner", 1]]);
        nats.post("batch.log", 1);
        yield ["batch.b", 2] as const;
      })(),
    );
    await nats.flush();
    await peer.flush();
    expect(got).toEqual(["batch.inner 1", "batch.log 1", "batch.b 1", "batch.b 2"]);
  });

  it("whose iterable uses the connection and throws does not remove those messages", async () => {
    await using nats = connection();
    const got = await heard("failed");
    let subscribed: Promise<unknown> | undefined;
    let ping: Promise<number> | undefined;
    expect(() =>
      nats.postBatch(
        (function* () {
          yield ["failed.b", 1] as const;
          nats.post("failed.log", 1);
          subscribed = nats.subscribe("s", () => {});
          ping = nats.ping();
          throw new Error("stop");
        })(),
      ),
    ).toThrow(BatchError);
    await subscribed;
    expect(await ping).toBeGreaterThan(0);
    await peer.flush();
    expect(got).toEqual(["failed.log 1"]);
    expect(nats.getStats().subscriptions).toBe(1);
  });

  it("that fails does not remove messages published by a serializer's headers", async () => {
    await using nats = connection();
    const got = await heard("beside");
    const serializer = {
      ...jsonSerializer,
      headers(value: unknown): undefined {
        nats.post("beside.log", value);
      },
    };
    expect(() =>
      nats.postBatch<unknown>(
        [
          ["beside.b", 1],
          ["beside.b", 2n],
        ],
        { serializer },
      ),
    ).toThrow(BatchError);
    nats.postBatch([["beside.b", 3]], { serializer });
    await nats.flush();
    await peer.flush();
    expect(got).toEqual(["beside.log 1", "beside.log 3", "beside.b 3"]);
  });

  it("names the message whose serializer's headers fail", async () => {
    await using nats = connection();
    const serializer = {
      ...jsonSerializer,
      headers(value: unknown): undefined {
        if (value === 2) throw new Error("no headers");
      },
    };
    const items = [1, 2].map((value) => ["named", value] as const);
    expect(() => nats.postBatch(items, { serializer })).toThrow(
      expect.objectContaining({ code: "BATCH", index: 1 }),
    );
  });

  it("uses the headers of the connection's serializer, like every other command", async () => {
    const serializer = { ...jsonSerializer, headers: () => ({ Kind: "json" }) };
    await using nats = new NatsConnection({ servers: broker.url, serializer });
    const got: (string | undefined)[] = [];
    const all = peer.subscribe("kind.>", {
      callback: (_error, message) => {
        got.push(`${message.subject} ${message.headers?.get("Kind")}`);
        message.respond();
      },
    });
    await peer.flush();
    await nats.publish("kind.publish", 1);
    nats.post("kind.post", 1);
    nats.post("kind.bytes", new Uint8Array([1]));
    nats.postBatch([["kind.batch", 1]]);
    await nats.request("kind.request", 1);
    await peer.flush();
    expect(got).toEqual([
      "kind.publish json",
      "kind.post json",
      "kind.bytes undefined",
      "kind.batch json",
      "kind.request json",
    ]);
    all.unsubscribe();
  });

  it("started by a serializer's headers is sent whole before the outer batch", async () => {
    await using nats = connection();
    const got = await heard("within");
    const serializer = {
      ...jsonSerializer,
      headers(): undefined {
        nats.postBatch([["within.inner", 1]]);
      },
    };
    nats.postBatch([["within.outer", 1]], { serializer });
    nats.post("within.next", 1);
    await nats.flush();
    await peer.flush();
    expect(got).toEqual(["within.inner 1", "within.outer 1", "within.next 1"]);
  });
});
