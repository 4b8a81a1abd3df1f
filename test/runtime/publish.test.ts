import { connect, type NatsConnection as Peer } from "@nats-io/transport-node";
import {
  InvalidHeaderError,
  InvalidSubjectError,
  MaxPayloadError,
  NatsConnection,
  type NatsError,
  NatsHeaders,
  NatsKey,
  rawSerializer,
  SerializeError,
  textSerializer,
} from "alternats";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Broker, startBroker } from "../support/broker.js";
import { collector } from "../support/collector.js";

let broker: Broker;
let nats: NatsConnection;
let peer: Peer;
/** Errors that went to the connection's error handler. */
let errors: NatsError[];

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

describe("publish", () => {
  it("is read by the official client: JSON, bytes unchanged, and an empty payload", async () => {
    const got = collector<string>();
    peer.subscribe("out.>", {
      callback: (_, message) => got.add(`${message.subject} ${message.string()}`),
    });
    await peer.flush();
    await nats.publish("out.object", { text: "grüße", list: [1, null, true] });
    await nats.publish("out.string", "text");
    await nats.publish(new NatsKey("out.bytes"), new Uint8Array([104, 105]));
    await nats.publish("out.nothing");
    await nats.publish("out.null", null);
    nats.post("out.text", "text", { serializer: textSerializer });
    expect(await got.until(6)).toEqual([
      'out.object {"text":"grüße","list":[1,null,true]}',
      'out.string "text"',
      "out.bytes hi",
      "out.nothing ",
      "out.null null",
      "out.text text",
    ]);
  });

  it("sends headers and a reply subject", async () => {
    const iterator = peer.subscribe("with.headers", { max: 1 })[Symbol.asyncIterator]();
    await peer.flush();
    const headers = new NatsHeaders({ "Trace-Id": "7f", Via: ["a", "b"] });
    await nats.publish("with.headers", { a: 1 }, { headers, reply: "answer.here" });
    const { value: message } = await iterator.next();
    expect(message.headers?.get("Trace-Id")).toBe("7f");
    expect(message.headers?.values("Via")).toEqual(["a", "b"]);
    expect(message.reply).toBe("answer.here");
    expect(message.json()).toEqual({ a: 1 });
  });

  it("sends no header block for empty headers", async () => {
    const iterator = peer.subscribe("no.headers", { max: 1 })[Symbol.asyncIterator]();
    await peer.flush();
    await nats.publish("no.headers", "x", { headers: new NatsHeaders() });
    const { value: message } = await iterator.next();
    expect(message.headers).toBeUndefined();
  });

  it("keeps the order of 200,000 messages of all sizes", async () => {
    const received = new NatsConnection({ servers: broker.url });
    let next = 0;
    const count = 200_000;
    const all = new Promise<void>((resolve, reject) => {
      received
        .subscribe<Uint8Array>(
          "order",
          (bytes) => {
            const view = new DataView(bytes.buffer, bytes.byteOffset);
            if (view.getUint32(0) !== next)
              reject(new Error(`${view.getUint32(0)} is not ${next}`));
            if (bytes.length !== 4 + ((next * 31) % 600)) reject(new Error(`length at ${next}`));
            if (++next === count) resolve();
          },
          { serializer: rawSerializer },
        )
        .catch(reject);
    });
    await received.flush();
    const payload = new Uint8Array(1_000);
    const view = new DataView(payload.buffer);
    for (let i = 0; i < count; i++) {
      view.setUint32(0, i);
      await nats.publish("order", payload.subarray(0, 4 + ((i * 31) % 600)));
    }
    await all;
    await received.close();
  });

  it("rejects values that would corrupt the protocol, and the connection stays open", async () => {
    const before = errors.length;
    await expect(nats.publish("a b", 1)).rejects.toThrow(InvalidSubjectError);
    await expect(nats.publish("a.*", 1)).rejects.toThrow(InvalidSubjectError);
    await expect(nats.publish("a", 1, { reply: "x\r\ny" })).rejects.toThrow(InvalidSubjectError);
    await expect(nats.publish("a", 1, { headers: { "a:b": "c" } })).rejects.toThrow(
      InvalidHeaderError,
    );
    await expect(nats.publish("a", 1, { headers: { a: "b\r\nc: d" } })).rejects.toThrow(
      InvalidHeaderError,
    );
    await expect(nats.publish("a", 1n)).rejects.toThrow(SerializeError);
    await expect(nats.publish("a", () => {})).rejects.toThrow(SerializeError);
    await expect(nats.publish("a", new Uint8Array(100_001))).rejects.toThrow(MaxPayloadError);
    await expect(nats.publish("a", "x".repeat(99_999))).rejects.toThrow(MaxPayloadError);
    expect(() => nats.post("a b", 1)).toThrow(InvalidSubjectError);
    expect(errors.length - before).toBe(0);
    // Nobody awaits this one.
    void nats.publish("a b", 1);
    await expect.poll(() => errors.length - before).toBe(1);
    await nats.publish("a", new Uint8Array(100_000));
    await nats.flush();
    expect(nats.state).toBe("open");
  });
});

describe("ping and flush", () => {
  it("measure the round trip and wait for the server", async () => {
    const before = peer.stats().inMsgs;
    peer.subscribe("flushed", { callback: () => {} });
    await peer.flush();
    for (let i = 0; i < 1_000; i++) nats.post("flushed", i);
    await nats.flush();
    await peer.flush();
    expect(peer.stats().inMsgs - before).toBe(1_000);
    const roundTrip = await nats.ping();
    expect(roundTrip).toBeGreaterThan(0);
    expect(roundTrip).toBeLessThan(1_000);
  });
});
