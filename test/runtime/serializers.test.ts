import { connect, type NatsConnection as Peer } from "@nats-io/transport-node";
import {
  NatsConnection,
  type NatsError,
  type NatsOptions,
  type NatsSerializer,
  rawSerializer,
  SerializeError,
} from "alternats";
import { msgpackSerializer } from "alternats/msgpack";
import { Packr } from "msgpackr";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Broker, startBroker } from "../support/broker.js";
import { collector } from "../support/collector.js";

let broker: Broker;
let nats: NatsConnection;
let peer: Peer;
/** Errors that went to the connection's error handler. */
let errors: NatsError[];

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
  broker = await startBroker({
    config: `
      max_payload: 100000
      no_auth_user: everybody
      authorization { users: [ { user: everybody, password: x, permissions: {
        publish: { deny: ["denied.>"] }, subscribe: { deny: ["denied.>", "group.> secret"] } } } ] }
    `,
  });
  errors = [];
  nats = new NatsConnection({ servers: broker.url, onError: (error) => errors.push(error) });
  peer = await connect({ servers: broker.url });
});

afterAll(async () => {
  await nats?.close();
  await peer?.close();
  await broker?.[Symbol.asyncDispose]();
});

describe("serializers", () => {
  it("returns raw payloads that stay unchanged when the next messages arrive", async () => {
    const got = collector<Uint8Array>();
    await nats.subscribe<Uint8Array>("keep", got.add, { serializer: rawSerializer });
    const sizes = [0, 1, 15, 16, 17, 100, 5_000, 16_384, 16_385, 60_000];
    for (let round = 0; round < 20; round++) {
      for (const size of sizes) peer.publish("keep", new Uint8Array(size).fill(round + 1));
    }
    const kept = await got.until(20 * sizes.length);
    kept.forEach((bytes, index) => {
      const round = Math.floor(index / sizes.length);
      const expected = new Uint8Array(sizes[index % sizes.length]!).fill(round + 1);
      expect(Buffer.compare(bytes, expected)).toBe(0);
    });
  });

  it("returns MessagePack binary fields that stay unchanged", async () => {
    const got = collector<{ data: Uint8Array }>();
    await nats.subscribe<{ data: Uint8Array }>("keep.msgpack", got.add, {
      serializer: msgpackSerializer as never,
    });
    const packr = new Packr({ useRecords: false });
    for (let i = 0; i < 500; i++) {
      peer.publish("keep.msgpack", packr.pack({ data: new Uint8Array(1_000).fill(i % 256) }));
    }
    const kept = await got.until(500);
    for (const [i, { data }] of kept.entries()) expect(new Set(data)).toEqual(new Set([i % 256]));
  });

  it("writes MessagePack that other libraries read", async () => {
    const iterator = peer.subscribe("msgpack", { max: 1 })[Symbol.asyncIterator]();
    await peer.flush();
    await nats.publish("msgpack", { a: 1, b: "ü" }, { serializer: msgpackSerializer });
    const { value: message } = await iterator.next();
    // Worked out by the specification: map 16 of 2, fixstr 1 "a", 1, fixstr 1 "b", fixstr 2 "ü"
    expect([...message.data]).toEqual([0xde, 0, 2, 0xa1, 0x61, 1, 0xa1, 0x62, 0xa2, 0xc3, 0xbc]);
  });
});

describe("a serializer that misuses the writer", () => {
  const wrong: [what: string, serialize: NatsSerializer["serialize"]][] = [
    ["advances beyond the memory", (_, writer) => writer.advance(1_000_000)],
    [
      "advances beyond it and goes on",
      (_, writer) => {
        writer.advance(70_000);
        writer.utf8("more");
      },
    ],
    ["advances by NaN", (_, writer) => writer.advance(Number.NaN)],
    ["advances by half a byte", (_, writer) => writer.advance(1.5)],
    ["advances backwards over other messages", (_, writer) => writer.advance(-100)],
    ["writes a number as bytes", (_, writer) => writer.bytes(5 as unknown as Uint8Array)],
    ["writes text as bytes", (_, writer) => writer.bytes("abc" as unknown as Uint8Array)],
  ];

  it.each(wrong)(
    "%s: only its own message fails, and no other memory is sent",
    async (_, serialize) => {
      await using nats = connection({ reconnectWait: 10 });
      const got = await heard("misused");
      nats.post("misused.before", 1);
      const serializer = { serialize, deserialize: () => undefined };
      await expect(nats.publish("misused.x", 1, { serializer })).rejects.toThrow(SerializeError);
      await nats.publish("misused.after", 2);
      await nats.flush();
      await peer.flush();
      expect(got).toEqual(["misused.before 1", "misused.after 2"]);
      expect(nats.getStats().reconnects).toBe(0);
    },
  );
});
