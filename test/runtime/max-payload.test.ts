import { MaxPayloadError, NatsConnection, type NatsError } from "alternats";
import { describe, expect, it } from "vitest";
import { startBroker } from "../support/broker.js";
import { PLAIN_INFO, startFakeServer } from "../support/fake-server.js";
import { nextEvent } from "../support/next-event.js";
import { rejectionOf, within } from "../support/settled.js";

const NOTHING = PLAIN_INFO.replace(/"max_payload":\d+/, '"max_payload":0');

const collecting = (errors: NatsError[]) => ({
  onError: (error: NatsError) => void errors.push(error),
});

describe("a server with max_payload 0", () => {
  it("is connected to, and takes empty messages only", async () => {
    await using server = await startFakeServer(async (client) => {
      await client.greet(NOTHING);
      void client.answerPings();
    });
    await using nats = new NatsConnection({ servers: server.url });
    await within(5_000, nats.connect(), "connect()");
    await nats.publish("empty");
    expect(await rejectionOf(nats.publish("full", "x"))).toMatchObject({
      code: "MAX_PAYLOAD",
      maxPayload: 0,
      size: 3,
    });
    await nats.flush();
    expect((await server.client(1)).received).toContain("PUB empty 0\r\n\r\n");
    expect((await server.client(1)).received).not.toContain("PUB full");
    expect(nats.getStats().reconnects).toBe(0);
    expect(nats.serverInfo?.max_payload).toBe(0);
  });

  it("is gone back to after the connection was lost", async () => {
    let came = 0;
    await using server = await startFakeServer(async (client) => {
      await client.greet(++came === 1 ? PLAIN_INFO : NOTHING);
      if (came === 1) client.destroy();
      else void client.answerPings();
    });
    await using nats = new NatsConnection({
      servers: server.url,
      reconnectWait: 20,
      reconnectWaitMax: 20,
      reconnectJitter: 0,
      onError: () => {},
    });
    await nats.connect();
    const opened = nextEvent(nats, "opened");
    expect(await within(5_000, opened, "the next connection")).toMatchObject({ reconnected: true });
    expect(await rejectionOf(nats.publish("full", "x"))).toMatchObject({ maxPayload: 0 });
  });

  it("says so in a later INFO", async () => {
    await using server = await startFakeServer(async (client) => {
      await client.greet();
      client.send(NOTHING);
      void client.answerPings();
    });
    await using nats = new NatsConnection({ servers: server.url });
    await nats.connect();
    await nats.flush();
    expect(await rejectionOf(nats.publish("full", "x"))).toMatchObject({ maxPayload: 0 });
  });
});

describe("a publish before the first connection", () => {
  const large = new Uint8Array(2 * 1024 * 1024);
  const limit = 1024 * 1024;

  it("that is too large for the server rejects when the server has said so", async () => {
    await using broker = await startBroker();
    const errors: NatsError[] = [];
    await using nats = new NatsConnection({ servers: broker.url, ...collecting(errors) });
    const error = await rejectionOf(nats.publish("large", large));
    expect(error).toBeInstanceOf(MaxPayloadError);
    expect(error).toMatchObject({ size: large.length, maxPayload: limit });
    await nats.flush();
    expect(errors).toEqual([]);
    expect(nats.getStats()).toMatchObject({ sentMessages: 0, reconnects: 0 });
  });

  it("is one of many: those that fit are sent, those that do not reject", async () => {
    await using broker = await startBroker();
    await using nats = new NatsConnection({ servers: broker.url, onError: () => {} });
    const published = [1, large, 2, large, 3].map((value) => nats.publish("mixed", value));
    const results = await Promise.allSettled(published);
    expect(results.map(({ status }) => status)).toEqual([
      "fulfilled",
      "rejected",
      "fulfilled",
      "rejected",
      "fulfilled",
    ]);
    await nats.flush();
    expect(nats.getStats().sentMessages).toBe(3);
  });

  it("of a batch with one that is too large rejects, and nothing of it is sent", async () => {
    await using broker = await startBroker();
    await using nats = new NatsConnection({ servers: broker.url, onError: () => {} });
    const items = [
      ["batch.1", 1],
      ["batch.2", large],
    ] as const;
    expect(await rejectionOf(nats.publishBatch<unknown>(items))).toMatchObject({
      code: "BATCH",
      index: 1,
      cause: { code: "MAX_PAYLOAD", maxPayload: limit },
    });
    await nats.flush();
    expect(nats.getStats().sentMessages).toBe(0);
  });

  it("with headers that the server does not take rejects", async () => {
    await using server = await startFakeServer(async (client) => {
      await client.greet(PLAIN_INFO.replace('"headers":true', '"headers":false'));
      void client.answerPings();
    });
    await using nats = new NatsConnection({ servers: server.url, onError: () => {} });
    const error = await rejectionOf(nats.publish("headers", 1, { headers: { name: "value" } }));
    expect(error).toMatchObject({ code: "INVALID_HEADER" });
  });

  it("waits for the server under its timeout and its signal", async () => {
    await using server = await startFakeServer(() => {});
    const options = { servers: server.url, connectTimeout: 1_000, onError: () => {} };
    await using nats = new NatsConnection(options);
    expect(await rejectionOf(nats.publish("waiting", 1, { timeout: 200 }))).toMatchObject({
      code: "TIMEOUT",
    });
    const controller = new AbortController();
    const waiting = rejectionOf(nats.publish("waiting", 1, { signal: controller.signal }));
    controller.abort(new Error("enough"));
    expect(await waiting).toMatchObject({ message: "enough" });
  });

  it("rejects when there is no server", async () => {
    const errors: NatsError[] = [];
    await using nats = new NatsConnection({
      servers: "nats://127.0.0.1:1",
      ...collecting(errors),
    });
    expect(await rejectionOf(nats.publish("nowhere", 1))).toMatchObject({ code: "CONNECTION" });
    expect(errors).toEqual([]);
  });
});
