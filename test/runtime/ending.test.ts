import { connect } from "@nats-io/transport-node";
import {
  AuthorizationError,
  ConnectionClosedError,
  ConnectionDrainingError,
  ConnectionError,
  NatsConnection,
  type StandardSchema,
} from "alternats";
import { describe, expect, it } from "vitest";
import { startBroker } from "../support/broker.js";
import { type FakeClient, PLAIN_INFO, startFakeServer } from "../support/fake-server.js";
import { nextEvent } from "../support/next-event.js";

const FAST = { reconnectWait: 10, reconnectJitter: 0, onError: () => {} };

describe("draining a subscription", () => {
  it("delivers what the server has sent, and nothing published later (D1)", async () => {
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

  it("waits for handlers that run, and begins those that wait", async () => {
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

  it("waits for validators that take their time", async () => {
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

  it("ends a loop behind its last message", async () => {
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

  it("settles when the connection is lost meanwhile, and does not bring it back", async () => {
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
  it("answers what has arrived, refuses what is new, and closes (D2)", async () => {
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

describe("a drain that waits for what does not end", () => {
  it.each(["a loop that nobody runs", "a handler that hangs"])(
    "as %s is ended by close",
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

describe("credentials that are refused", () => {
  it("twice in a row end the connection, with the reason (A3)", async () => {
    await using broker = await startBroker({ config: "authorization { token: one }" });
    let token = "one";
    const nats = new NatsConnection({
      servers: broker.url,
      authenticator: () => ({ token }),
      ...FAST,
    });
    await nats.connect();
    token = "two";
    await broker.restart("SIGKILL");
    expect(await nats.closed()).toBeInstanceOf(AuthorizationError);
    expect(nats.state).toBe("closed");
    await expect(nats.flush()).rejects.toThrow(ConnectionClosedError);
  });

  it("are tried again when that is asked for (A3)", async () => {
    await using broker = await startBroker({ config: "authorization { token: one }" });
    let asked = 0;
    await using nats = new NatsConnection({
      servers: broker.url,
      authenticator: () => ({ token: ++asked === 1 || asked > 5 ? "one" : "two" }),
      ignoreAuthErrorAbort: true,
      ...FAST,
    });
    await nats.connect();
    const opened = nextEvent(nats, "opened");
    await broker.restart("SIGKILL");
    await opened;
    expect(asked).toBeGreaterThan(5);
  });
});

describe("a server that fails too often", () => {
  it("is given up after maxReconnectAttempts, and the last one ends the connection (R3)", async () => {
    await using broker = await startBroker();
    const nats = new NatsConnection({ servers: broker.url, maxReconnectAttempts: 3, ...FAST });
    await nats.connect();
    let failed = 0;
    nats.on("reconnectFailed", () => void failed++);
    await broker.stop("SIGKILL");
    expect(await nats.closed()).toBeInstanceOf(ConnectionError);
    expect(failed).toBe(3);
  });
});

describe("a cluster", () => {
  it("tells of its servers, and the connection goes to another when its own dies (R1)", async () => {
    const config = (routes: string) => `cluster { name: test, listen: "127.0.0.1:-1", ${routes} }`;
    await using first = await startBroker({ config: config("") });
    await using second = await startBroker({ config: config(`routes: ["${first.clusterUrl}"]`) });
    await using nats = new NatsConnection({ servers: first.url, ...FAST });
    await nats.connect();
    const peer = await connect({ servers: second.url });
    const got: string[] = [];
    await nats.subscribe<string>("moved", (value) => void got.push(value));
    // The routes are up when a message comes through.
    while (got.length === 0) {
      peer.publish("moved", '"before"');
      await peer.flush();
      await nats.ping();
    }
    const opened = nextEvent(nats, "opened");
    await first.stop("SIGKILL");
    expect((await opened).server).toBe(second.url);
    peer.publish("moved", '"after"');
    await peer.flush();
    await nats.flush();
    expect(got.at(-1)).toBe("after");
    await peer.close();
  });

  it("is left for another server when one announces its shutdown, with nothing in doubt (L2)", async () => {
    const greet = (name: string) => async (client: FakeClient) => {
      client.send(PLAIN_INFO.replace('"test"', `"${name}"`));
      await client.until("PING\r\n");
      client.send("PONG\r\n");
      await client.answerPings();
    };
    await using other = await startFakeServer(greet("other"));
    await using lame = await startFakeServer(greet("lame"));
    const inDoubt: number[] = [];
    await using nats = new NatsConnection({
      servers: [lame.url, other.url],
      noRandomize: true,
      ...FAST,
    });
    await nats.connect();
    for (let i = 0; i < 10; i++) nats.post("moving", i);
    const opened = nextEvent(nats, "opened");
    await lame.clients[0]!.until("PUB moving");
    lame.clients[0]!.send(PLAIN_INFO.replace('"headers"', '"ldm":true,"headers"'));
    const event = await opened;
    inDoubt.push(event.inDoubt);
    expect(event.server).toBe(other.url);
    expect(inDoubt).toEqual([0]);
  });

  it("that tells of servers that are none does no harm", async () => {
    const codes: string[] = [];
    await using server = await startFakeServer(async (client) => {
      const info = PLAIN_INFO.replace(
        '"headers"',
        '"connect_urls":["http://x",5,"a:b:c"],"headers"',
      );
      await client.greet(info);
      await client.answerPings();
    });
    await using nats = new NatsConnection({
      servers: server.url,
      onError: (error) => codes.push(error.code),
    });
    await nats.flush();
    expect(codes).toEqual(["SERVER"]);
  });
});
