import { connect, type NatsConnection as Peer } from "@nats-io/transport-node";
import {
  MaxPayloadError,
  NatsConnection,
  type NatsError,
  rawSerializer,
  ServiceError,
} from "alternats";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Broker, startBroker } from "../support/broker.js";

let broker: Broker;
let nats: NatsConnection;
let peer: Peer;

beforeAll(async () => {
  broker = await startBroker({ config: "max_payload: 1024" });
  nats = new NatsConnection({ servers: broker.url, onError: () => {} });
  await nats.connect();
  peer = await connect({ servers: broker.url });
});

afterAll(async () => {
  await nats?.close();
  await peer?.close();
  await broker?.[Symbol.asyncDispose]();
});

describe("a message larger than max_payload, headers included", () => {
  const large = new Uint8Array(1_025);
  const headers = { A: "x".repeat(1_024) };

  it.each([
    ["a payload", large, {}],
    ["headers", undefined, { headers }],
  ])("in %s is rejected at once, and the connection stays open", async (_, value, options) => {
    expect(() => nats.post("p6", value, options)).toThrow(MaxPayloadError);
    await expect(nats.publish("p6", value, options)).rejects.toThrow(MaxPayloadError);
    await expect(nats.request("p6", value, options)).rejects.toThrow(MaxPayloadError);
    await expect(nats.requestMany("p6", value, options).next()).rejects.toThrow(MaxPayloadError);
    await nats.flush();
    expect(nats.getStats().reconnects).toBe(0);
  });

  it("as an answer is reported to the handler's error handler and to the requester", async () => {
    const errors: NatsError[] = [];
    await using responder = await nats.respond("p6.respond", () => large, {
      onError: (error) => errors.push(error),
    });
    await expect(nats.request(responder.subject)).rejects.toThrow(ServiceError);
    expect(errors).toMatchObject([{ code: "HANDLER", cause: expect.any(MaxPayloadError) }]);
  });

  it("is one byte larger than the largest that is sent", async () => {
    const subscription = peer.subscribe("p6.most", { max: 1 });
    await peer.flush();
    await nats.publish("p6.most", new Uint8Array(1_024));
    for await (const message of subscription) expect(message.data).toHaveLength(1_024);
  });
});

describe("payloads and subjects", () => {
  it("with any bytes arrive unchanged, both ways", async () => {
    const bytes = Uint8Array.from({ length: 512 }, (_, i) => i % 256);
    const messages = nats.messages<Uint8Array>("p7", { serializer: rawSerializer });
    const theirs = peer.subscribe("p7", { max: 2 });
    await messages.ready;
    await peer.flush();
    await nats.publish("p7", bytes);
    peer.publish("p7", bytes);
    for await (const message of theirs) expect(Uint8Array.from(message.data)).toEqual(bytes);
    for (let i = 0; i < 2; i++) expect((await messages.next()).value?.value).toEqual(bytes);
    await messages.return?.();
  });

  it("can have characters beyond ASCII", async () => {
    const messages = nats.messages("é.ü");
    await messages.ready;
    peer.publish("é.ü", "1");
    // Two connections have no order between them.
    await peer.flush();
    nats.post("é.ü", 2);
    for (const value of [1, 2]) {
      expect((await messages.next()).value).toMatchObject({ subject: "é.ü", value });
    }
    await messages.return?.();
  });

  it("can be empty: no bytes, no value, no reply", async () => {
    const raw = nats.messages<Uint8Array>("p7.empty", { serializer: rawSerializer });
    const values = nats.messages("p7.empty");
    await Promise.all([raw.ready, values.ready]);
    peer.publish("p7.empty");
    expect((await raw.next()).value).toMatchObject({ value: new Uint8Array(0), reply: undefined });
    expect((await values.next()).value).toMatchObject({ value: undefined, headers: undefined });
    await Promise.all([raw.return?.(), values.return?.()]);
  });
});
