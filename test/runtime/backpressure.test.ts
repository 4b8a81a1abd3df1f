import { connect, type NatsConnection as Peer } from "@nats-io/transport-node";
import {
  type NatsConnection as Connection,
  InvalidArgumentError,
  NatsConnection,
  TimeoutError,
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

describe("a waiting publish", () => {
  it("gives up at its timeout or signal without losing the message", async () => {
    const own = await startBroker();
    const slow = new NatsConnection({ servers: own.url, onError: () => {} });
    await slow.connect();
    await own.pause();
    const payload = new Uint8Array(1 << 19);
    let sent = 0;
    const fill = async (): Promise<void> => {
      for (;;) {
        await slow.publish("fill", payload, { timeout: 100 });
        sent++;
      }
    };
    await expect(fill()).rejects.toThrow(TimeoutError);
    const controller = new AbortController();
    const waiting = slow.publish("fill", payload, { signal: controller.signal });
    controller.abort(new Error("no longer"));
    await expect(waiting).rejects.toThrow("no longer");
    expect(slow.getStats().pendingBytes).toBeGreaterThan(1 << 20);
    own.resume();
    await slow.flush();
    expect(slow.getStats()).toMatchObject({ pendingBytes: 0, sentMessages: sent + 2 });
    await slow.close();
    await own[Symbol.asyncDispose]();
  });

  it("does not start with an aborted signal or an invalid timeout", async () => {
    await expect(nats.publish("x", 1, { timeout: -1 })).rejects.toThrow(InvalidArgumentError);
    await expect(nats.publish("x", 1, { signal: AbortSignal.abort() })).rejects.toThrow("aborted");
  });
});

describe("publishing to a server that stops reading", () => {
  it("waits above 1 MiB of pending bytes and loses nothing", async () => {
    await using broker = await startBroker();
    await using nats = new NatsConnection({ servers: broker.url, onError: () => {} });
    await nats.connect();
    await broker.pause();
    const payload = new Uint8Array(10_000);
    let published = 0;
    let blocked = false;
    const publishing = (async () => {
      for (; published < 3_000; published++) await nats.publish("slow", payload);
    })();
    // The sockets' own buffers take some megabytes first; then nothing moves from turn to turn.
    for (let still = 0, last = -1; still < 200; still = published === last ? still + 1 : 0) {
      last = published;
      await new Promise(setImmediate);
    }
    blocked = published < 3_000;
    expect(blocked).toBe(true);
    broker.resume();
    await publishing;
    await nats.flush();
    expect(published).toBe(3_000);
  });
});
