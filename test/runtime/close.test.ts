import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import type { Socket } from "node:net";
import { connect } from "@nats-io/transport-node";
import { ConnectionClosedError, NatsConnection, type NatsError, rawSerializer } from "alternats";
import { describe, expect, it } from "vitest";
import { startBroker } from "../support/broker.js";
import { PLAIN_INFO, startFakeServer } from "../support/fake-server.js";
import { startNetwork } from "../support/network.js";
import { nextEvent } from "../support/next-event.js";

const FAST = { reconnectWait: 10, reconnectJitter: 0, requestTimeout: 200 };

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

describe("close", () => {
  it("ends pending reconnect attempts", async () => {
    await using broker = await startBroker();
    const nats = new NatsConnection({
      servers: broker.url,
      reconnectWait: 60_000,
      onError: () => {},
    });
    await nats.connect();
    const failed = nextEvent(nats, "reconnectFailed");
    await broker.stop("SIGKILL");
    nats.reconnect().catch(() => {});
    await failed;
    await nats.close();
    expect(await nats.closed()).toBeUndefined();
  });

  it("delivers messages published before", async () => {
    await using broker = await startBroker();
    const peer = await connect({ servers: broker.url });
    let count = 0;
    peer.subscribe("goodbye", { callback: () => void count++ });
    await peer.flush();
    const nats = new NatsConnection({ servers: broker.url });
    for (let i = 0; i < 50_000; i++) nats.post("goodbye", "x".repeat(20));
    await nats.close();
    await peer.flush();
    expect(count).toBe(50_000);
    await peer.close();
  });

  it("ends everything with a named error, and can be called again", async () => {
    await using broker = await startBroker();
    const nats = new NatsConnection({ servers: broker.url, onError: () => {} });
    const subscription = await nats.subscribe("x", () => {});
    const messages = nats.messages("y");
    await messages.ready;
    const request = nats.request("x", 1);
    const next = messages.next();
    await Promise.all([nats.close(), nats.close()]);
    await expect(request).rejects.toThrow(ConnectionClosedError);
    expect(await next).toEqual({ done: true, value: undefined });
    await subscription.closed;
    expect(nats.state).toBe("closed");
    subscription.unsubscribe();

    expect(() => nats.post("x")).toThrow(ConnectionClosedError);
    for (const call of [
      () => nats.connect(),
      () => nats.publish("x"),
      () => nats.subscribe("x", () => {}),
      () => nats.respond("x", () => {}),
      () => nats.listen("x", () => {}),
      () => nats.request("x"),
      () => nats.messages("x").next(),
      () => nats.flush(),
      () => nats.ping(),
    ]) {
      await expect(call()).rejects.toThrow(ConnectionClosedError);
    }
  });

  it("delivers messages published while the connection was lost if it is restored in time", async () => {
    await using broker = await startBroker();
    const peer = await connect({ servers: broker.url });
    const got: string[] = [];
    peer.subscribe("kept", { callback: (_, message) => void got.push(message.string()) });
    await peer.flush();
    await using network = await startNetwork(Number(new URL(broker.url).port));
    const nats = new NatsConnection({ servers: network.url, reconnectWait: 60_000 });
    await nats.connect();
    const disconnected = nextEvent(nats, "disconnected");
    network.cut();
    await disconnected;
    nats.post("kept", 1);
    await nats.publish("kept", 2);
    await nats.close();
    await peer.flush();
    expect(got).toEqual(["1", "2"]);
    expect(nats.getStats()).toMatchObject({ dropped: 0, pendingBytes: 0 });
    await peer.close();
  });

  it("does not wait for a connection that is given up", async () => {
    await using broker = await startBroker();
    const nats = new NatsConnection({
      servers: broker.url,
      maxReconnectAttempts: 1,
      reconnectWait: 60_000,
      requestTimeout: 60_000,
      onError: () => {},
    });
    await nats.connect();
    const disconnected = nextEvent(nats, "disconnected");
    await broker.stop("SIGKILL");
    await disconnected;
    nats.post("lost", 1);
    await nats.close();
    expect(await nats.closed()).toBeUndefined();
    expect(nats.getStats().dropped).toBe(1);
  });

  it("ends the reconnect attempts and reports the messages not sent", async () => {
    await using broker = await startBroker();
    const errors: NatsError[] = [];
    const nats = new NatsConnection({
      servers: broker.url,
      onError: (error) => errors.push(error),
      reconnectWait: 60_000,
      requestTimeout: 100,
    });
    await nats.connect();
    const disconnected = nextEvent(nats, "disconnected");
    await broker.stop("SIGKILL");
    await disconnected;
    nats.post("lost", 1);
    const flush = nats.flush({ timeout: 60_000 });
    await nats.close();
    await expect(flush).rejects.toThrow(ConnectionClosedError);
    expect(errors).toMatchObject([{ code: "MESSAGES_DROPPED", count: 1 }]);
  });

  it("of a connection that was never used does nothing", async () => {
    await new NatsConnection().close();
  });

  it("ends a connection that was restored some microtasks before", async () => {
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

  it("leaves no socket open if the server does not read, so that the process can end", async () => {
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

  it("leaves no socket open if the client does not read either", async () => {
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

  it("delivers published messages even if a full queue has paused the reading", async () => {
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

  it("leaves a full queue its messages until the server has confirmed what was published", async () => {
    await using server = await startFakeServer(async (client) => {
      await client.greet();
      await client.until("SUB in 1\r\n");
    });
    const nats = new NatsConnection({ servers: server.url });
    await nats.connect();
    const messages = nats.messages<number>("in", { maxBuffered: 1, whenFull: "pause" });
    const client = await server.client(1);
    await client.until("SUB in 1\r\nPING\r\n");
    const full = nextEvent(nats, "slowConsumer");
    client.send("PONG\r\n");
    await messages.ready;
    client.send([1, 2, 3].map((n) => `MSG in 1 1\r\n${n}\r\n`).join(""));
    await full;
    nats.post("out", 0);
    await client.until("PUB out 1");
    const closing = nats.close();
    const got: number[] = [];
    for (let i = 0; i < 3; i++) got.push((await messages.next()).value!.value);
    expect(got).toEqual([1, 2, 3]);
    client.send("PONG\r\n".repeat(3));
    await closing;
    expect(await messages.next()).toEqual({ done: true, value: undefined });
  });

  it("does not wait if the server has confirmed everything", async () => {
    await using broker = await startBroker();
    const nats = new NatsConnection({ servers: broker.url, requestTimeout: 60_000 });
    nats.post("a", 1);
    await nats.flush();
    await broker.pause();
    await nats.close();
    expect(nats.state).toBe("closed");
  });

  it("reports the number of messages in doubt if the server never answers", async () => {
    await using server = await startFakeServer((client) => client.greet());
    const errors: NatsError[] = [];
    const nats = new NatsConnection({
      servers: server.url,
      onError: (error) => errors.push(error),
      ...FAST,
    });
    await nats.connect();
    for (let i = 0; i < 100; i++) nats.post("x", i);
    const begun = performance.now();
    await nats.close();
    const took = performance.now() - begun;
    expect(took).toBeGreaterThanOrEqual(FAST.requestTimeout - 10);
    // Its time by default is 5 s.
    expect(took).toBeLessThan(4_000);
    expect(errors).toMatchObject([{ code: "MESSAGES_IN_DOUBT", count: 100 }]);
  });

  it("reports nothing if the server answered", async () => {
    await using broker = await startBroker();
    const errors: NatsError[] = [];
    const nats = new NatsConnection({ servers: broker.url, onError: (one) => errors.push(one) });
    for (let i = 0; i < 100; i++) nats.post("x", i);
    await nats.close();
    expect(errors).toEqual([]);
    expect(nats.getStats()).toMatchObject({ sentMessages: 100, dropped: 0, pendingBytes: 0 });
  });

  it("reports the late answer of a slow handler to the error handler", async () => {
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

describe("after close", () => {
  it("closed resolves with undefined, unsubscribe does nothing, and every command is rejected", async () => {
    await using broker = await startBroker();
    const nats = new NatsConnection({ servers: broker.url });
    const subscription = await nats.subscribe("a", () => {});
    const asking = nats.request("a");
    const many = nats.requestMany("a");
    await nats.close();
    await expect(asking).rejects.toThrow(ConnectionClosedError);
    await expect(many.next()).rejects.toThrow(ConnectionClosedError);
    expect(await nats.closed()).toBeUndefined();
    expect(await subscription.closed).toBeUndefined();
    subscription.unsubscribe();
    subscription.unsubscribe(5);
    await subscription.drain();
    await expect(nats.requestMany("a").next()).rejects.toThrow(ConnectionClosedError);
    await expect(nats.drain()).rejects.toThrow(ConnectionClosedError);
  });

  it("iterators end", async () => {
    await using broker = await startBroker();
    const peer = await connect({ servers: broker.url });
    const nats = new NatsConnection({ servers: broker.url });
    const messages = nats.messages<number>("a");
    await messages.ready;
    peer.publish("a", "1");
    await peer.flush();
    await nats.flush();
    await nats.close();
    const got: number[] = [];
    for await (const { value } of messages) got.push(value);
    expect(got).toEqual([1]);
    await peer.close();
  });
});
