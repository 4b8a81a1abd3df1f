import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import type { Socket } from "node:net";
import {
  ConnectionClosedError,
  ConnectionError,
  DisconnectedError,
  NatsConnection,
  type NatsError,
  rawSerializer,
} from "alternats";
import { describe, expect, it, vi } from "vitest";
import { Pings } from "../../runtime/src/connection/pings.ts";
import { WriteLoop } from "../../runtime/src/connection/write-loop.ts";
import { startBroker } from "../support/broker.js";
import { PLAIN_INFO, startFakeServer } from "../support/fake-server.js";
import { nextEvent } from "../support/next-event.js";

const FAST = { reconnectWait: 10, reconnectJitter: 0, requestTimeout: 200 };

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Connects. @returns The connection's socket, of which Node itself tells. */
async function socketOf(nats: NatsConnection): Promise<Socket> {
  const sockets: Socket[] = [];
  const listener = (message: unknown) => sockets.push((message as { socket: Socket }).socket);
  subscribe("net.client.socket", listener);
  await nats.connect();
  unsubscribe("net.client.socket", listener);
  expect(sockets).toHaveLength(1);
  return sockets[0]!;
}

describe("a connection that is lost", () => {
  it("while a write is pending sends all that still waited here, once and in order", async () => {
    await using server = await startFakeServer(async (client) => {
      await client.greet();
      if (server.clients.length === 2) await client.answerPings();
    });
    const errors: { code: string; count?: number }[] = [];
    await using nats = new NatsConnection({
      servers: server.url,
      onError: (error) => errors.push(error),
      ...FAST,
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

  it("settles a subscribe under way when its error handler closes it", async () => {
    await using server = await startFakeServer((client) => client.greet());
    let closing: Promise<void> | undefined;
    const nats: NatsConnection = new NatsConnection({
      servers: server.url,
      onError: () => {
        closing = nats.close();
      },
      ...FAST,
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

  it("right after it was made is not dialled again before reconnectWait is over (R2)", async () => {
    const times: number[] = [];
    await using server = await startFakeServer(async (client) => {
      times.push(performance.now());
      await client.greet();
      client.destroy();
    });
    await using nats = new NatsConnection({
      servers: server.url,
      onError: () => {},
      ...FAST,
      reconnectWait: 150,
    });
    await nats.connect();
    await server.client(4);
    // Accepting and dialling are seen at slightly different times.
    for (let i = 1; i < 4; i++) expect(times[i]! - times[i - 1]!).toBeGreaterThan(75);
  });

  it("waits as long as timers can, however long reconnectWait and reconnectJitter are", async () => {
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

  it("with 150,000 unsubscribes behind one PING takes note of them at the next", async () => {
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

  it("comes back without the subscription that is no longer permitted (V1)", async () => {
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
    });
    const subscription = await nats.subscribe("s", () => {});
    const opened = nextEvent(nats, "opened");
    server.clients[0]!.destroy();
    await opened;
    await subscription.closed;
    await nats.flush();
    expect(errors).toMatchObject([{ code: "PERMISSION_VIOLATION", subject: "s" }]);
    expect(server.clients).toHaveLength(2);
  });
});

describe("the heartbeat", () => {
  it("does not count the PINGs of others, which may be many and on their way", async () => {
    await using server = await startFakeServer(async (client) => {
      await client.greet();
      // The handshake's, those of five flushes, and the heartbeat's own.
      await client.until("PING\r\n", 7);
      await client.answerPings();
    });
    await using nats = new NatsConnection({
      servers: server.url,
      pingInterval: 100,
      maxPingOut: 2,
      onError: () => {},
      ...FAST,
    });
    await nats.connect();
    const flushes: Promise<void>[] = [];
    for (let i = 0; i < 5; i++) {
      flushes.push(nats.flush({ timeout: 5_000 }));
      await server.clients[0]!.until("PING\r\n", i + 2);
    }
    await Promise.all(flushes);
    expect(server.clients).toHaveLength(1);
  });
});

describe("a first connection that is given up", () => {
  it("settles also what its error handler asks for", async () => {
    const server = await startFakeServer(() => {});
    const { url } = server;
    await server[Symbol.asyncDispose]();
    let asked = (_: Promise<void>): void => {};
    const asking = new Promise<PromiseSettledResult<void>>((resolve) => {
      asked = (flush) => void Promise.allSettled([flush]).then(([result]) => resolve(result));
    });
    await using nats: NatsConnection = new NatsConnection({
      servers: url,
      onError: () => asked(nats.flush()),
      ...FAST,
    });
    nats.post("x", 1);
    const result = await asking;
    expect(result).toMatchObject({ status: "rejected", reason: expect.any(ConnectionError) });
    expect(nats.state).toBe("closed");
  });
});

describe("close", () => {
  it("ends a connection that came back some microtasks before", async () => {
    for (let ticks = 0; ticks < 16; ticks++) {
      await using server = await startFakeServer(async (client) => {
        if (server.clients.length === 1) return client.greet().then(() => client.answerPings());
        client.send(PLAIN_INFO);
        await client.until("PING\r\n");
        client.send("PONG\r\nMSG s 1 1\r\n1\r\n");
        await client.answerPings();
      });
      const nats = new NatsConnection({ servers: server.url, onError: () => {}, ...FAST });
      const messages = nats.messages("s");
      await messages.ready;
      const taking = messages.next();
      server.clients[0]!.destroy();
      await taking;
      for (let i = 0; i < ticks; i++) await undefined;
      await nats.close();
      expect([ticks, nats.state]).toEqual([ticks, "closed"]);
      expect(server.clients).toHaveLength(2);
    }
  });

  it("leaves no socket where the server does not read, so that the process can end", async () => {
    await using server = await startFakeServer(async (client) => {
      await client.greet();
      client.stall();
    });
    const errors: NatsError[] = [];
    const nats = new NatsConnection({
      servers: server.url,
      onError: (error) => errors.push(error),
      ...FAST,
    });
    const socket = await socketOf(nats);
    for (let i = 0; i < 2_000; i++) nats.post("x", new Uint8Array(10_000));
    await nats.close();
    expect(socket.destroyed).toBe(true);
    const counts = errors.map((error) => (error as NatsError & { count: number }).count);
    expect(errors.map(({ code }) => code).sort()).toEqual([
      "MESSAGES_DROPPED",
      "MESSAGES_IN_DOUBT",
    ]);
    expect(counts[0]! + counts[1]!).toBe(2_000);
  });

  it("leaves no socket where this side does not read either", async () => {
    await using broker = await startBroker();
    await using other = new NatsConnection({ servers: broker.url });
    await other.connect();
    const nats = new NatsConnection({ servers: broker.url, requestTimeout: 60_000 });
    const socket = await socketOf(nats);
    let seen = 0;
    let paused = () => {};
    const pausing = new Promise<void>((resolve) => {
      paused = resolve;
    });
    const messages = nats.messages("s", {
      maxBuffered: 1,
      whenFull: "pause",
      serializer: rawSerializer,
      accepts: () => {
        if (++seen === 2) paused();
        return true;
      },
    });
    await messages.ready;
    for (let i = 0; i < 1_000; i++) other.post("s", new Uint8Array(1_000));
    await pausing;
    expect(socket.destroyed).toBe(false);
    const gone = once(socket, "close");
    await nats.close();
    await gone;
  });

  it("delivers what was published, also where a full queue holds the reading", async () => {
    await using broker = await startBroker();
    await using other = new NatsConnection({ servers: broker.url });
    const got: number[] = [];
    await other.subscribe<number>("out", (n) => void got.push(n));
    const nats = new NatsConnection({ servers: broker.url, requestTimeout: 60_000 });
    const full = nextEvent(nats, "slowConsumer");
    const messages = nats.messages("in", { maxBuffered: 1, whenFull: "pause" });
    await messages.ready;
    for (let i = 0; i < 100; i++) other.post("in", i);
    await full;
    for (let i = 0; i < 1_000; i++) nats.post("out", i);
    await nats.close();
    await other.flush();
    expect(got).toEqual(Array.from({ length: 1_000 }, (_, i) => i));
    // What had arrived is still delivered to the loop.
    expect((await messages.next()).value?.value).toBe(0);
  });

  it("waits for nobody where the server has confirmed everything", async () => {
    await using broker = await startBroker();
    const nats = new NatsConnection({ servers: broker.url, requestTimeout: 60_000 });
    nats.post("a", 1);
    await nats.flush();
    await broker.pause();
    await nats.close();
    expect(nats.state).toBe("closed");
  });

  it("tells how many messages are in doubt where the server never answers", async () => {
    await using server = await startFakeServer((client) => client.greet());
    const errors: NatsError[] = [];
    const nats = new NatsConnection({
      servers: server.url,
      onError: (error) => errors.push(error),
      ...FAST,
    });
    await nats.connect();
    for (let i = 0; i < 100; i++) nats.post("x", i);
    await nats.close();
    expect(errors).toMatchObject([{ code: "MESSAGES_IN_DOUBT", count: 100 }]);
  });

  it("tells nothing where the server answered", async () => {
    await using broker = await startBroker();
    const errors: NatsError[] = [];
    const nats = new NatsConnection({ servers: broker.url, onError: (one) => errors.push(one) });
    for (let i = 0; i < 100; i++) nats.post("x", i);
    await nats.close();
    expect(errors).toEqual([]);
    expect(nats.getStats()).toMatchObject({ sentMessages: 100, dropped: 0, pendingBytes: 0 });
  });

  it("leaves the answer of a handler that is slower to the error handler", async () => {
    await using broker = await startBroker();
    await using asker = new NatsConnection({ servers: broker.url, onError: () => {} });
    let reported = (_: NatsError): void => {};
    const report = new Promise<NatsError>((resolve) => {
      reported = resolve;
    });
    const nats = new NatsConnection({ servers: broker.url, onError: (error) => reported(error) });
    let finish = (_: string): void => {};
    const begun = new Promise<void>((resolve) => {
      void nats.respond("slow", () => {
        resolve();
        return new Promise<string>((answer) => {
          finish = answer;
        });
      });
    });
    await nats.flush();
    const asking = asker.request("slow", 1, { timeout: 100 });
    asking.catch(() => {});
    await begun;
    await nats.close();
    finish("too late");
    expect(await report).toMatchObject({
      code: "HANDLER",
      cause: expect.any(ConnectionClosedError),
    });
    await expect(asking).rejects.toMatchObject({ code: "TIMEOUT" });
  });
});
