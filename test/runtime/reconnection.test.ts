import { connect } from "@nats-io/transport-node";
import {
  ConnectionClosedError,
  DisconnectedError,
  NatsConnection,
  type NatsError,
  PendingLimitError,
} from "alternats";
import { describe, expect, it, vi } from "vitest";
import { Pings } from "../../runtime/src/connection/pings.ts";
import { WriteLoop } from "../../runtime/src/connection/write-loop.ts";
import { startBroker } from "../support/broker.js";
import { PLAIN_INFO, startFakeServer } from "../support/fake-server.js";
import { nextEvent } from "../support/next-event.js";

const FAST = { reconnectWait: 20, reconnectJitter: 0 };

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("a lost connection", () => {
  it("is restored with its subscriptions, queue groups and requests", async () => {
    await using broker = await startBroker();
    await using nats = new NatsConnection({ servers: broker.url, onError: () => {}, ...FAST });
    const got: string[] = [];
    await nats.subscribe<string>(
      "a.*",
      (value, { subject }) => void got.push(`${subject} ${value}`),
    );
    await nats.subscribe<string>("a.*", (value) => void got.push(`queue ${value}`), { queue: "q" });
    await nats.respond<number, number>("double", (value) => 2 * value);
    expect(await nats.request("double", 4)).toBe(8);

    await broker.restart("SIGKILL");
    await nats.flush();
    expect(nats.state).toBe("open");
    const peer = await connect({ servers: broker.url });
    peer.publish("a.1", '"after"');
    await peer.flush();
    await nats.flush();
    expect(got.sort()).toEqual(["a.1 after", "queue after"]);
    expect((await peer.request("double", "5")).json()).toBe(10);
    expect(await nats.request("double", 6)).toBe(12);
    await peer.close();
  });

  it("keeps messages published while the server was away, in order", async () => {
    await using broker = await startBroker();
    await using nats = new NatsConnection({ servers: broker.url, onError: () => {}, ...FAST });
    await using reader = new NatsConnection({ servers: broker.url, onError: () => {}, ...FAST });
    await nats.connect();
    const got: number[] = [];
    await reader.subscribe<number>("kept", (value) => void got.push(value));

    const both = Promise.all([nextEvent(nats, "disconnected"), nextEvent(reader, "disconnected")]);
    await broker.stop("SIGKILL");
    await both;
    // Whole chunks and a beginning one; the reader must be back before any of it arrives.
    nats.post("not-before", "x".repeat(200_000));
    for (let i = 0; i < 20_000; i++) nats.post("kept.later", i);
    await broker.start();
    await reader.flush();
    await nats.flush();
    for (let i = 0; i < 1_000; i++) nats.post("kept", i);
    await nats.flush();
    await reader.flush();
    expect(got).toEqual(Array.from({ length: 1_000 }, (_, i) => i));
  });

  it("sends the waiting messages after the subscriptions, and nothing twice", async () => {
    await using server = await startFakeServer((client) => client.greet());
    const errors: NatsError[] = [];
    await using nats = new NatsConnection({
      servers: server.url,
      onError: (error) => errors.push(error),
      ...FAST,
      requestTimeout: 200,
    });
    await nats.connect();
    const [first] = server.clients;
    const subscribing = nats.subscribe("s.>", () => {}, { queue: "q" });
    nats.post("a", new Uint8Array([49]));
    await first!.until("PUB a 1\r\n1\r\n");
    const disconnected = nextEvent(nats, "disconnected");
    first!.destroy();
    await disconnected;
    nats.post("b", new Uint8Array([50]));
    nats.post("c", new Uint8Array([51]));
    const second = await server.client(2);
    await second.until("PUB c 1\r\n3\r\n");
    expect(second.received.replace(/^CONNECT .*\r\n/, "")).toMatch(
      /^SUB s\.> q 1\r\nPING\r\nPUB b 1\r\n2\r\nPUB c 1\r\n3\r\n/,
    );
    expect(errors).toMatchObject([{ code: "MESSAGES_IN_DOUBT", count: 1 }]);
    second.send("PONG\r\n");
    await subscribing;
  });

  it("rejects requests in flight, and new ones wait", async () => {
    await using server = await startFakeServer(async (client) => {
      await client.greet();
      if (server.clients.length === 2) await client.answerPings();
    });
    await using nats = new NatsConnection({ servers: server.url, onError: () => {}, ...FAST });
    await nats.connect();
    const inFlight = [nats.request("a"), nats.flush(), nats.ping()];
    await server.clients[0]!.until("PUB a _INBOX.");
    await server.clients[0]!.until("PING\r\nSUB");
    server.clients[0]!.destroy();
    for (const promise of inFlight) await expect(promise).rejects.toThrow(DisconnectedError);
    expect(nats.state).toBe("reconnecting");
    const later = nats.request("later", undefined, { timeout: 5_000 });
    const second = await server.client(2);
    await second.until("PUB later");
    const [, inbox] = /PUB later (\S+) 0/.exec(second.received)!;
    second.send(`MSG ${inbox} 1 1\r\n7\r\n`);
    expect(await later).toBe(7);
  });

  it("settles a pending subscribe", async () => {
    await using server = await startFakeServer(async (client) => {
      await client.greet();
      if (server.clients.length === 2) await client.answerPings();
    });
    await using nats = new NatsConnection({
      servers: server.url,
      onError: () => {},
      ...FAST,
    });
    await nats.connect();
    const subscribing = nats.subscribe("x", () => {});
    await server.clients[0]!.until("SUB x 1\r\nPING\r\n");
    server.clients[0]!.destroy();
    expect((await subscribing).subject).toBe("x");
    expect(server.clients[1]!.received).toContain("SUB x 1\r\nPING\r\n");
  });

  it("keeps new messages within maxPendingBytes, and reports when that is full", async () => {
    await using broker = await startBroker();
    await using nats = new NatsConnection({
      servers: broker.url,
      onError: () => {},
      maxPendingBytes: 100_000,
      ...FAST,
    });
    await nats.connect();
    const disconnected = nextEvent(nats, "disconnected");
    await broker.stop("SIGKILL");
    await disconnected;
    let posted = 0;
    expect(() => {
      for (; posted < 1_000; posted++) nats.post("full", new Uint8Array(1_000));
    }).toThrow(PendingLimitError);
    expect(posted).toBeGreaterThan(90);
    expect(posted).toBeLessThan(100);
    await broker.start();
    await nats.flush();
    nats.post("full", new Uint8Array(1_000));
  });

  it("is noticed when the server no longer answers PINGs", async () => {
    await using server = await startFakeServer(async (client) => {
      await client.greet();
      if (server.clients.length === 2) await client.answerPings();
    });
    await using nats = new NatsConnection({
      servers: server.url,
      onError: () => {},
      pingInterval: 20,
      maxPingOut: 2,
      ...FAST,
    });
    await nats.connect();
    await expect(nats.flush()).rejects.toThrow(DisconnectedError);
    await server.client(2);
  });

  it("is replaced by a connection to the next server of the list", async () => {
    await using first = await startBroker();
    await using second = await startBroker();
    await using nats = new NatsConnection({
      servers: `${first.url}, ${second.url}`,
      noRandomize: true,
      onError: () => {},
      ...FAST,
    });
    await nats.connect();
    expect(nats.serverInfo?.port).toBe(first.port);
    const disconnected = nextEvent(nats, "disconnected");
    await first.stop("SIGKILL");
    await disconnected;
    await nats.flush();
    expect(nats.serverInfo?.port).toBe(second.port);
  });

  it("during a pending write sends all waiting messages once and in order", async () => {
    await using server = await startFakeServer(async (client) => {
      await client.greet();
      if (server.clients.length === 2) await client.answerPings();
    });
    const errors: { code: string; count?: number }[] = [];
    await using nats = new NatsConnection({
      servers: server.url,
      onError: (error) => errors.push(error),
      ...FAST,
      requestTimeout: 200,
    });
    await nats.connect();
    const first = server.clients[0]!;
    first.stall();
    let posted = 0;
    const post = () => {
      const payload = new Uint8Array(10_000);
      new DataView(payload.buffer).setUint32(0, posted++);
      nats.post("q", payload);
    };
    // The sockets' own buffers take some megabytes first.
    while (nats.getStats().pendingMessages < 300) {
      for (let i = 0; i < 50; i++) post();
      await turn();
    }
    const opened = nextEvent(nats, "opened");
    const disconnected = nextEvent(nats, "disconnected");
    first.destroy();
    await disconnected;
    post();
    const { inDoubt } = await opened;
    await nats.flush({ timeout: 5_000 });

    expect(errors).toMatchObject([{ code: "MESSAGES_IN_DOUBT", count: inDoubt }]);
    const { received } = await server.client(2);
    const numbers = received
      .split("PUB q 10000\r\n")
      .slice(1)
      .map((text) => Buffer.from(text.slice(0, 4), "latin1").readUInt32BE());
    expect(numbers.length).toBeGreaterThan(300);
    expect(numbers).toEqual(Array.from({ length: posted - inDoubt }, (_, i) => inDoubt + i));
  });

  it("settles a pending subscribe when its error handler closes it", async () => {
    await using server = await startFakeServer((client) => client.greet());
    let closing: Promise<void> | undefined;
    const nats: NatsConnection = new NatsConnection({
      servers: server.url,
      onError: () => {
        closing = nats.close();
      },
      ...FAST,
      requestTimeout: 200,
    });
    await nats.connect();
    nats.post("x", 1);
    const subscribing = nats.subscribe("s", () => {});
    await server.clients[0]!.until("SUB s");
    server.clients[0]!.destroy();
    await expect(subscribing).rejects.toThrow(ConnectionClosedError);
    await closing;
    expect(nats.state).toBe("closed");
    expect(server.clients).toHaveLength(1);
  });

  it("right after it was opened is not dialled again before reconnectWait is over", async () => {
    await using server = await startFakeServer(async (client) => {
      await client.greet();
      client.destroy();
    });
    await using nats = new NatsConnection({
      servers: server.url,
      onError: () => {},
      ...FAST,
      requestTimeout: 200,
      reconnectWait: 100,
    });
    const dialled: number[] = [];
    nats.on("reconnecting", () => dialled.push(performance.now()));
    await nats.connect();
    await server.client(5);
    const waits = dialled.slice(1).map((time, i) => time - dialled[i]!);
    expect(waits.length).toBeGreaterThanOrEqual(3);
    // A timer counts whole milliseconds.
    for (const wait of waits) expect(wait).toBeGreaterThan(98);
  });

  it("waits no longer than a timer can, however long reconnectWait and reconnectJitter are", async () => {
    await using server = await startFakeServer((client) => client.greet());
    await using nats = new NatsConnection({
      servers: server.url,
      onError: () => {},
      requestTimeout: 100,
      reconnectWait: 2 ** 31 - 1,
      reconnectJitter: 2 ** 31 - 1,
    });
    await nats.connect();
    const timers = vi.spyOn(globalThis, "setTimeout");
    const disconnected = nextEvent(nats, "disconnected");
    server.clients[0]!.destroy();
    await disconnected;
    const delays = timers.mock.calls.map(([, delay]) => delay ?? 0);
    timers.mockRestore();
    // Node: "When delay is larger than 2147483647 or less than 1, the delay will be set to 1."
    expect(Math.max(...delays)).toBeGreaterThan(2 ** 31 - 60_000);
    expect(Math.max(...delays)).toBeLessThanOrEqual(2 ** 31 - 1);
  });

  it("with 150,000 unsubscribes after one PING confirms them at the next", async () => {
    const pings = new Pings(new WriteLoop(64 * 2 ** 20));
    let noted = 0;
    for (let i = 0; i < 150_000; i++) pings.atNextPong(() => noted++);
    const lost = pings.ask();
    await turn();
    pings.lost(Number.POSITIVE_INFINITY, new DisconnectedError("gone"));
    await expect(lost).rejects.toThrow("gone");
    expect(noted).toBe(0);
    const answered = pings.ask();
    await turn();
    pings.pong();
    await answered;
    expect(noted).toBe(150_000);
  });

  it("is restored without the subscription that is no longer permitted", async () => {
    await using server = await startFakeServer(async (client) => {
      if (server.clients.length === 1) return client.greet().then(() => client.answerPings());
      client.send(PLAIN_INFO);
      await client.until("PING\r\n");
      client.send(`-ERR 'Permissions Violation for Subscription to "s"'\r\nPONG\r\n`);
      await client.answerPings();
    });
    const errors: NatsError[] = [];
    await using nats = new NatsConnection({
      servers: server.url,
      onError: (error) => errors.push(error),
      ...FAST,
      requestTimeout: 200,
    });
    const subscription = await nats.subscribe("s", () => {});
    const opened = nextEvent(nats, "opened");
    server.clients[0]!.destroy();
    await opened;
    await subscription.closed;
    await nats.flush({ timeout: 10_000 });
    expect(errors).toMatchObject([{ code: "PERMISSION_VIOLATION", subject: "s" }]);
    expect(server.clients).toHaveLength(2);
  });
});

describe("a server that sends garbage", () => {
  it("loses the connection, which is restored", async () => {
    await using server = await startFakeServer(async (client) => {
      await client.greet();
      if (server.clients.length === 2) return client.answerPings();
      await client.until("PUB go");
      client.send("MSG x 1 99999999999\r\n");
    });
    await using nats = new NatsConnection({ servers: server.url, onError: () => {}, ...FAST });
    await nats.connect();
    const opened = nextEvent(nats, "opened");
    nats.post("go");
    expect((await opened).reconnected).toBe(true);
    await nats.flush();
  });
});
