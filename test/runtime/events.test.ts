import { connect, type NatsConnection as Peer } from "@nats-io/transport-node";
import { type NatsConnection as Connection, NatsConnection } from "alternats";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Broker, startBroker } from "../support/broker.js";

let broker: Broker;
let nats: Connection;
let peer: Peer;

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

describe("events", () => {
  it("report each opened and lost connection, with the messages in doubt", async () => {
    const own = await startBroker();
    const events: string[] = [];
    const lines: string[] = [];
    const log = (_: object, message: string) => void lines.push(message);
    const watched = new NatsConnection({
      servers: own.url,
      onError: (error) => events.push(`error ${error.code}`),
      reconnectWait: 10,
      reconnectJitter: 0,
      logger: { trace: log, debug: log, info: log, warn: log, error: log },
    });
    let again = () => {};
    const back = new Promise<void>((resolve) => {
      again = resolve;
    });
    let failed = () => {};
    const failure = new Promise<void>((resolve) => {
      failed = resolve;
    });
    watched
      .on("opened", ({ server, reconnected, inDoubt }) => {
        events.push(`opened ${server === own.url} ${reconnected} ${inDoubt}`);
        if (reconnected) again();
        throw new Error("a listener may fail");
      })
      .on("disconnected", ({ server, error }) =>
        events.push(`disconnected ${server === own.url} ${error.message.includes(own.url)}`),
      )
      .on("reconnectFailed", () => failed());
    const removed = () => events.push("never");
    watched.on("opened", removed).off("opened", removed);
    await watched.connect();
    for (let i = 0; i < 3; i++) watched.post("doubt", i);
    await own.stop("SIGKILL");
    await failure;
    await own.start();
    await back;
    expect(events).toEqual([
      "opened true false 0",
      "error HANDLER",
      "disconnected true true",
      "error MESSAGES_IN_DOUBT",
      "opened true true 3",
      "error HANDLER",
    ]);
    expect(lines[0]).toBe("connected");
    expect(lines).toContain("disconnected");
    expect(lines).toContain("could not connect");
    expect(watched.getStats().reconnects).toBe(1);
    await watched.close();
    await own[Symbol.asyncDispose]();
  });

  it("ask before connecting, and connect to the returned address", async () => {
    const asked: string[] = [];
    const sent = new NatsConnection({
      servers: "nats://not.a.host:1",
      onConnecting: async (host, port) => {
        asked.push(`${host}:${port}`);
        return { host: "127.0.0.1", port: broker.port };
      },
    });
    await sent.connect();
    expect(asked).toEqual(["not.a.host:1"]);
    await sent.close();

    const refused = new NatsConnection({
      servers: broker.url,
      onConnecting: () => {
        throw new Error("not healthy");
      },
    });
    await expect(refused.connect()).rejects.toThrow("not healthy");

    const stuck = new NatsConnection({
      servers: broker.url,
      connectTimeout: 50,
      onConnecting: () => new Promise(() => {}),
    });
    await expect(stuck.connect()).rejects.toThrow("no answer within 50 ms");
  });
});
