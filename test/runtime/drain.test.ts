import { connect } from "@nats-io/transport-node";
import {
  ConnectionClosedError,
  ConnectionDrainingError,
  NatsConnection,
  type StandardSchema,
} from "alternats";
import { describe, expect, it } from "vitest";
import { startBroker } from "../support/broker.js";
import { startFakeServer } from "../support/fake-server.js";
import { nextEvent } from "../support/next-event.js";

const FAST = { reconnectWait: 10, reconnectJitter: 0, onError: () => {} };

describe("draining a subscription", () => {
  it("delivers what the server has sent, and nothing published later", async () => {
    await using broker = await startBroker();
    await using nats = new NatsConnection({ servers: broker.url });
    const peer = await connect({ servers: broker.url });
    const got: number[] = [];
    const subscription = await nats.subscribe<number>("drained", (value) => void got.push(value));
    for (let i = 0; i < 10_000; i++) peer.publish("drained", String(i));
    await peer.flush();
    const drained = subscription.drain();
    expect(subscription.drain()).toBe(drained);
    await drained;
    await subscription.closed;
    expect(got).toEqual(Array.from({ length: 10_000 }, (_, i) => i));
    peer.publish("drained", "-1");
    await peer.flush();
    await nats.flush();
    expect(got).toHaveLength(10_000);
    await peer.close();
  });

  it("waits for running handlers, and starts those that are waiting", async () => {
    await using broker = await startBroker();
    await using nats = new NatsConnection({ servers: broker.url });
    let done = 0;
    const subscription = await nats.subscribe(
      "worked",
      async () => {
        await nats.ping();
        done++;
      },
      { concurrency: 2 },
    );
    for (let i = 0; i < 25; i++) nats.post("worked", i);
    await nats.flush();
    await subscription.drain();
    expect(done).toBe(25);
  });

  it("waits for slow validators", async () => {
    await using broker = await startBroker();
    await using nats = new NatsConnection({ servers: broker.url });
    const got: number[] = [];
    const schema: StandardSchema<number> = {
      "~standard": {
        version: 1,
        vendor: "test",
        validate: async (value) => {
          await nats.flush();
          return { value: value as number };
        },
      },
    };
    const subscription = await nats.subscribe<number>("late.schema", (n) => void got.push(n), {
      schema,
    });
    for (let i = 0; i < 3; i++) nats.post("late.schema", i);
    await subscription.drain();
    expect(got).toEqual([0, 1, 2]);
  });

  it("ends a loop after its last message", async () => {
    await using broker = await startBroker();
    await using nats = new NatsConnection({ servers: broker.url });
    const messages = nats.messages<number>("looped");
    await messages.ready;
    for (let i = 0; i < 100; i++) nats.post("looped", i);
    await nats.flush();
    await messages.drain();
    let expected = 0;
    for await (const { value } of messages) expect(value).toBe(expected++);
    expect(expected).toBe(100);
  });

  it("settles when the connection is lost during the drain, and does not subscribe again", async () => {
    await using server = await startFakeServer(async (client) => {
      await client.greet();
      if (server.clients.length > 1) await client.answerPings();
    });
    await using nats = new NatsConnection({ servers: server.url, ...FAST });
    await nats.connect();
    const opened = nextEvent(nats, "opened");
    const subscribing = nats.subscribe("lost", () => {});
    const first = server.clients[0]!;
    await first.until("SUB lost 1\r\nPING\r\n");
    first.send("PONG\r\n");
    const drained = (await subscribing).drain();
    await first.until("UNSUB 1\r\n");
    first.destroy();
    await drained;
    await opened;
    await nats.flush();
    expect(server.clients[1]!.received).not.toContain("SUB lost");
  });
});

describe("draining a connection", () => {
  it("answers received requests, rejects new commands, and closes", async () => {
    await using broker = await startBroker();
    const nats = new NatsConnection({ servers: broker.url });
    const peer = await connect({ servers: broker.url });
    await nats.respond<number, number>(
      "answered",
      async (value) => {
        await nats.ping();
        return value * 2;
      },
      { concurrency: 4 },
    );
    const asked = Array.from({ length: 50 }, (_, i) => peer.request("answered", String(i)));
    await peer.flush();
    const draining = nats.drain();
    await expect(nats.subscribe("x", () => {})).rejects.toThrow(ConnectionDrainingError);
    await expect(nats.request("x")).rejects.toThrow(ConnectionDrainingError);
    await draining;
    const answers = await Promise.all(asked);
    expect(answers.map((answer) => answer.json())).toEqual(asked.map((_, i) => 2 * i));
    expect(nats.state).toBe("closed");
    expect(await nats.closed()).toBeUndefined();
    await expect(nats.drain()).rejects.toThrow(ConnectionClosedError);
    await peer.close();
  });
});

describe("a drain that cannot finish", () => {
  it.each(["a loop that is never read", "a handler that hangs"])(
    "because of %s is ended by close",
    async (what) => {
      await using broker = await startBroker();
      const nats = new NatsConnection({ servers: broker.url, requestTimeout: 60_000 });
      const full = nextEvent(nats, "slowConsumer");
      const options = { maxBuffered: 1, whenFull: "pause" } as const;
      if (what.startsWith("a loop")) await nats.messages("stuck", options).ready;
      else
        await nats.subscribe("stuck", () => new Promise(() => {}), { ...options, concurrency: 1 });
      for (let i = 0; i < 10; i++) nats.post("stuck", i);
      await full;
      const drained = nats.drain();
      await nats.close();
      await drained;
      expect(await nats.closed()).toBeUndefined();
    },
  );
});
