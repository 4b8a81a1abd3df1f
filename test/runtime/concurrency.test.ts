import { connect, type NatsConnection as Peer } from "@nats-io/transport-node";
import {
  type NatsConnection as Connection,
  InvalidArgumentError,
  NatsConnection,
  type NatsError,
} from "alternats";
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

describe("concurrency", () => {
  it("runs that many handlers at a time, starts them in order and awaits them", async () => {
    const begun: number[] = [];
    let running = 0;
    let most = 0;
    let finish = () => {};
    const done = new Promise<void>((resolve) => {
      finish = resolve;
    });
    await nats.subscribe<number>(
      "concurrent",
      async (value) => {
        begun.push(value);
        most = Math.max(most, ++running);
        await nats.ping();
        running--;
        if (value === 99) finish();
      },
      { concurrency: 4 },
    );
    for (let i = 0; i < 100; i++) peer.publish("concurrent", String(i));
    await done;
    expect(begun).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect(most).toBe(4);
  });

  it("keeps handlers off the read loop", async () => {
    const order: string[] = [];
    let finish = () => {};
    const done = new Promise<void>((resolve) => {
      finish = resolve;
    });
    await nats.subscribe<number>(
      "off.loop",
      (value) => {
        order.push(`handler ${value}`);
        if (value === 1) finish();
      },
      { concurrency: 1 },
    );
    await nats.listen("off.loop", () => order.push("read"));
    peer.publish("off.loop", "0");
    peer.publish("off.loop", "1");
    await done;
    expect(order).toEqual(["read", "read", "handler 0", "handler 1"]);
  });

  it("pauses the connection when its queue is full, and loses nothing", async () => {
    const reader = new NatsConnection({ servers: broker.url });
    let expected = 0;
    let finish = () => {};
    const done = new Promise<void>((resolve) => {
      finish = resolve;
    });
    await reader.subscribe<number>(
      "full.queue",
      async (value) => {
        expect(value).toBe(expected++);
        await new Promise(setImmediate);
        if (expected === 3_000) finish();
      },
      { concurrency: 1, maxBuffered: 16 },
    );
    for (let i = 0; i < 3_000; i++) peer.publish("full.queue", String(i));
    await done;
    await reader.close();
  });

  it("drops messages if the policy says so, counts and reports them", async () => {
    const errors: NatsError[] = [];
    const got: number[] = [];
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    await nats.subscribe<number>(
      "drop.queue",
      async (value) => {
        got.push(value);
        await gate;
      },
      {
        concurrency: 1,
        maxBuffered: 2,
        whenFull: "dropNewest",
        onError: (error) => errors.push(error),
      },
    );
    for (let i = 0; i < 10; i++) peer.publish("drop.queue", String(i));
    await peer.flush();
    await nats.flush();
    await nats.flush();
    open();
    await nats.flush();
    expect(got.length).toBeLessThan(10);
    expect(got.slice(0, 2)).toEqual([0, 1]);
    expect(errors[0]).toMatchObject({ code: "MESSAGES_DROPPED" });
  });

  it.each([-1, 1.5, Number.NaN])("refuses %s", async (concurrency) => {
    await expect(nats.subscribe("x", () => {}, { concurrency })).rejects.toThrow(
      InvalidArgumentError,
    );
  });
});
