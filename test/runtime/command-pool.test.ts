import { connect, type NatsConnection as Peer } from "@nats-io/transport-node";
import { type NatsConnection as Connection, NatsConnection, type NatsMessage } from "alternats";
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

describe("the command pool", () => {
  it("keeps a limited number of commands, and late answers are not delivered to others", async () => {
    await using small = new NatsConnection({ servers: broker.url, commandPoolSize: 2 });
    const asked: NatsMessage<unknown>[] = [];
    await small.subscribe("pool.tardy", (_, message) => void asked.push(message));
    const first = await Promise.allSettled(
      Array.from({ length: 20 }, (_, i) => small.request("pool.tardy", i, { timeout: 20 })),
    );
    expect(first.every(({ status }) => status === "rejected")).toBe(true);
    const second = Array.from({ length: 20 }, (_, i) => small.request("pool.tardy", 100 + i));
    await small.flush();
    await small.flush();
    for (const message of asked) message.respond(message.value);
    expect(await Promise.all(second)).toEqual(Array.from({ length: 20 }, (_, i) => 100 + i));
  });
});
