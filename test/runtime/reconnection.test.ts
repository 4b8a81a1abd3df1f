import { connect } from "@nats-io/transport-node";
import {
  AuthorizationError,
  ConnectionClosedError,
  ConnectionError,
  DisconnectedError,
  NatsConnection,
  type NatsError,
  PendingLimitError,
} from "alternats";
import { describe, expect, it } from "vitest";
import { startBroker } from "../support/broker.js";
import { type FakeClient, PLAIN_INFO, startFakeServer } from "../support/fake-server.js";
import { startNetwork } from "../support/network.js";
import { nextEvent } from "../support/next-event.js";

const FAST = { reconnectWait: 20, reconnectJitter: 0 };

describe("a connection that is lost", () => {
  it("comes back with its subscriptions, queue groups and requests (R5)", async () => {
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

  it("keeps what was published while the server was away, in order (R6)", async () => {
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

  it("sends the waiting messages behind the subscriptions, and nothing twice", async () => {
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

  it("rejects what was in flight, and what is asked for meanwhile waits (F1)", async () => {
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

  it("still settles a subscribe that was under way", async () => {
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

  it("holds what is published meanwhile within maxPendingBytes, and says when that is full (R6)", async () => {
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

  it("is noticed when the server no longer answers PINGs (L1, R7)", async () => {
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

  it("goes to the next server of the list", async () => {
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
});

describe("a server that is not there", () => {
  it("is named by the first connect, and the connection may try again later", async () => {
    await using broker = await startBroker();
    await broker.stop();
    const errors: NatsError[] = [];
    await using nats = new NatsConnection({
      servers: broker.url,
      onError: (error) => errors.push(error),
    });
    await expect(nats.connect()).rejects.toThrow(ConnectionError);
    await expect(nats.connect()).rejects.toThrow(broker.url);
    expect(nats.state).toBe("closed");

    nats.post("lost", 1);
    const waiting = [
      nats.publish("lost", 2),
      nats.subscribe("lost", () => {}),
      nats.request("lost"),
      nats.flush(),
      nats.messages("lost").next(),
    ];
    for (const promise of waiting) await expect(promise).rejects.toThrow(ConnectionError);
    expect(errors).toMatchObject([{ code: "MESSAGES_DROPPED", count: 3 }]);

    await broker.start();
    await nats.connect();
    expect(nats.state).toBe("open");
    await nats.flush();
  });

  it("is given up after connectTimeout, whatever it leaves undone", async () => {
    for (const script of [
      () => {},
      (client: FakeClient) => client.send(PLAIN_INFO),
      (client: FakeClient) => client.send("INFO {"),
    ]) {
      await using server = await startFakeServer(script);
      await using nats = new NatsConnection({ servers: server.url, connectTimeout: 100 });
      const connecting = nats.connect();
      await expect(connecting).rejects.toThrow(ConnectionError);
      await expect(connecting).rejects.toThrow(
        `Could not connect to ${server.url}: no answer within 100 ms (connectTimeout)`,
      );
    }
  });

  it.each([
    ["no NATS", "HTTP/1.1 400 Bad Request\r\n\r\n", "not of the NATS protocol"],
    ["INFO that is no JSON", "INFO nonsense\r\n", "not JSON"],
    ["INFO that says nothing", "INFO {}\r\n", "no max_payload"],
    ["INFO that is no object", "INFO null\r\n", "not an object"],
    ["an error", "-ERR 'maximum connections exceeded'\r\n", "maximum connections exceeded"],
    ["a line without an end", "x".repeat(200_000), "more than 65536 bytes"],
  ])("that speaks %s is explained", async (_, text, why) => {
    await using server = await startFakeServer((client) => client.send(text));
    await using nats = new NatsConnection({ servers: server.url });
    await expect(nats.connect()).rejects.toThrow(why);
  });

  it("that wants credentials is an AuthorizationError (A2)", async () => {
    await using broker = await startBroker({ config: "authorization { token: secret }" });
    await using nats = new NatsConnection({ servers: broker.url });
    await expect(nats.connect()).rejects.toThrow(AuthorizationError);
  });

  it("is passed over for one that is", async () => {
    await using dead = await startBroker();
    await dead.stop();
    await using broker = await startBroker();
    await using nats = new NatsConnection({ servers: [dead.url, broker.url], noRandomize: true });
    await nats.connect();
    expect(nats.serverInfo?.port).toBe(broker.port);
  });
});

describe("a server that sends garbage", () => {
  it("loses the connection, which comes back (R7)", async () => {
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

describe("close", () => {
  it("delivers what was published before it (D4)", async () => {
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

  it("ends everything with a named error, and may be called again (D3)", async () => {
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

  it("delivers what was published while the connection was lost, where there is one in time", async () => {
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

  it("waits no longer for a connection that is given up", async () => {
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

  it("ends the attempts to reconnect, and says what was not sent (R4)", async () => {
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
});

describe("publishing to a server that stops reading", () => {
  it("waits above 1 MiB, so that memory stays bounded, and loses nothing", async () => {
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
