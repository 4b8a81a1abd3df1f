import { connect, type Msg } from "@nats-io/transport-node";
import {
  ConnectionClosedError,
  ConnectionDrainingError,
  ConnectionError,
  InvalidArgumentError,
  NatsConnection,
  type NatsError,
  type NatsOptions,
} from "alternats";
import { describe, expect, it, vi } from "vitest";
import { ServerPool } from "../../runtime/src/connection/server-pool.ts";
import { resolveOptions } from "../../runtime/src/options/nats-options.ts";
import { startBroker } from "../support/broker.js";
import { type FakeClient, PLAIN_INFO, startFakeServer } from "../support/fake-server.js";
import { nextEvent } from "../support/next-event.js";

const FAST = { reconnectWait: 5, reconnectJitter: 0 };

describe("reconnect", () => {
  it("replaces the connection at once, with all subscriptions and no message in doubt", async () => {
    await using broker = await startBroker();
    const errors: NatsError[] = [];
    await using nats = new NatsConnection({
      servers: broker.url,
      reconnectWait: 60_000,
      onError: (error) => errors.push(error),
    });
    const got: number[] = [];
    await nats.subscribe<number>("a", (n) => void got.push(n));
    const id = nats.serverInfo!.client_id!;
    for (let i = 0; i < 1_000; i++) nats.post("a", i);
    const opened = nextEvent(nats, "opened");
    await nats.reconnect();
    expect(await opened).toEqual({ server: broker.url, reconnected: true, inDoubt: 0 });
    expect(nats.serverInfo!.client_id).toBeGreaterThan(id);
    nats.post("a", 1_000);
    await nats.flush();
    expect(got).toEqual(Array.from({ length: 1_001 }, (_, i) => i));
    expect(errors).toEqual([]);
  });

  it("ends the wait before the next attempt", async () => {
    await using broker = await startBroker();
    await using nats = new NatsConnection({
      servers: broker.url,
      reconnectWait: 60_000,
      onError: () => {},
    });
    await nats.connect();
    const disconnected = nextEvent(nats, "disconnected");
    await broker.stop("SIGKILL");
    await disconnected;
    await broker.start();
    await nats.reconnect();
    expect(nats.state).toBe("open");
  });

  it("also leaves a server that no longer answers", async () => {
    await using server = await startFakeServer(async (client) => {
      await client.greet();
      if (server.clients.length > 1) await client.answerPings();
    });
    await using nats = new NatsConnection({
      servers: server.url,
      connectTimeout: 1_000,
      onError: () => {},
    });
    await nats.connect();
    await nats.reconnect();
    expect(nats.state).toBe("open");
    expect(server.clients.length).toBeGreaterThan(1);
  });

  it("waits for pending requests, but not for ever", async () => {
    await using broker = await startBroker();
    const peer = await connect({ servers: broker.url });
    const asked: Msg[] = [];
    let arrived = () => {};
    peer.subscribe("slow.*", {
      callback: (_, message) => {
        asked.push(message);
        if (asked.length === 3) arrived();
      },
    });
    await peer.flush();
    await using nats = new NatsConnection({ servers: broker.url, connectTimeout: 2_000 });
    await nats.connect();
    const all = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const first = nats.request<number>("slow.1");
    const second = nats.requestMany<number>("slow.2", undefined, { max: 2 });
    const third = nats.request("slow.3").catch((error: NatsError) => error.code);
    await all;
    const id = nats.serverInfo!.client_id!;
    const moved = nats.reconnect();
    for (const message of asked.slice(0, 2)) message.respond("1");
    asked[1]!.respond("2");
    expect(await first).toBe(1);
    const values = [];
    for await (const { value } of second) values.push(value);
    expect(values).toEqual([1, 2]);
    expect(nats.serverInfo!.client_id).toBe(id);
    await moved;
    expect(nats.serverInfo!.client_id).toBeGreaterThan(id);
    expect(await third).toBe("DISCONNECTED");
    await peer.close();
  });

  it("requests credentials again", async () => {
    await using broker = await startBroker({
      config: "authorization { users: [{ user: a, password: x }, { user: b, password: x }] }",
    });
    const asked: string[] = [];
    await using nats = new NatsConnection({
      servers: broker.url,
      authenticator: () => {
        const user = asked.length === 0 ? "a" : "b";
        asked.push(user);
        return { user, pass: "x" };
      },
    });
    await nats.connect();
    await nats.reconnect();
    expect(asked).toEqual(["a", "b"]);
  });

  it("is rejected when the connection is draining or has ended", async () => {
    await using broker = await startBroker();
    const nats = new NatsConnection({ servers: broker.url });
    await nats.connect();
    const drained = nats.drain();
    await expect(nats.reconnect()).rejects.toThrow(ConnectionDrainingError);
    await drained;
    await expect(nats.reconnect()).rejects.toThrow(ConnectionClosedError);
    expect(() => nats.setServers("a")).toThrow(ConnectionClosedError);
  });
});

describe("setServers", () => {
  it("replaces the servers from the next connection on, with their credentials", async () => {
    await using first = await startBroker();
    await using second = await startBroker({ config: "authorization { user: u, password: x }" });
    await using nats = new NatsConnection({ servers: first.url });
    await nats.connect();
    nats.setServers([second.url.replace("://", "://u:x@")]);
    expect(nats.servers).toEqual([second.url]);
    await nats.flush();
    expect(nats.serverInfo!.port).toBe(first.port);
    await nats.reconnect();
    expect(nats.serverInfo!.port).toBe(second.port);
  });

  it("works during attempts to connect, and before the first connection", async () => {
    await using dead = await startBroker();
    await dead.stop();
    await using broker = await startBroker();
    await using nats = new NatsConnection({ servers: dead.url, onError: () => {}, ...FAST });
    nats.setServers(broker.url);
    await nats.connect();
    nats.setServers(dead.url);
    const failed = nextEvent(nats, "reconnectFailed");
    const back = nats.reconnect();
    expect((await failed).server).toBe(dead.url);
    nats.setServers(broker.url);
    await back;
    expect(nats.serverInfo!.port).toBe(broker.port);
  });

  it("rejects invalid servers, and keeps the old ones", async () => {
    const nats = new NatsConnection({ servers: "nats://a:1" });
    for (const servers of [[], "http://a", [""]]) {
      expect(() => nats.setServers(servers)).toThrow(InvalidArgumentError);
    }
    expect(nats.servers).toEqual(["nats://a:1"]);
  });
});

describe("the wait before a reconnect attempt", () => {
  /** @returns Milliseconds between the attempts to reach a server that is gone. */
  async function pauses(count: number, options: object): Promise<number[]> {
    await using broker = await startBroker();
    await using nats = new NatsConnection({ servers: broker.url, onError: () => {}, ...options });
    await nats.connect();
    const times: number[] = [];
    const enough = new Promise<void>((resolve) => {
      nats.on("reconnecting", () => {
        if (times.push(performance.now()) > count) resolve();
      });
    });
    await broker.stop("SIGKILL");
    await enough;
    await nats.close();
    return times.slice(1).map((time, i) => time - times[i]!);
  }

  /** @returns The waits that a server's failures lead to, one after the other, the first for none. */
  function waits(options: NatsOptions, failures: number): number[] {
    vi.useFakeTimers({ toFake: ["performance"] });
    try {
      const pool = new ServerPool(resolveOptions(options), () => {});
      const [server] = pool.servers;
      pool.dialled(server!);
      const all = [pool.next().delay];
      for (let i = 0; i < failures; i++) {
        pool.failed(server!, new ConnectionError("x"));
        all.push(pool.next().delay);
      }
      return all;
    } finally {
      vi.useRealTimers();
    }
  }

  it("is 550 ms since that server was dialled, or doubles with each further failure up to reconnectWaitMax", () => {
    expect(waits({ reconnectJitter: 0 }, 4)).toEqual([550, 550, 550, 550, 550]);
    const growing = { reconnectWait: 2_000, reconnectWaitMax: 5_000, reconnectJitter: 0 };
    expect(waits(growing, 4)).toEqual([2_000, 2_000, 4_000, 5_000, 5_000]);
    expect(waits({ reconnectWait: 60_000, reconnectJitter: 0 }, 2).at(-1)).toBe(60_000);
  });

  it.each<[string, NatsOptions, number]>([
    ["up to 350 ms", {}, 350],
    ["up to reconnectJitterTls with tls", { tls: {}, reconnectJitterTls: 1_000 }, 1_000],
    [
      "up to reconnectJitterTls for tls://",
      { servers: "tls://a", reconnectJitterTls: 1_000 },
      1_000,
    ],
    ["as much as the option says", { reconnectJitter: 500 }, 500],
  ])("has a random part of %s", (_, options, most) => {
    const found = Array.from(
      { length: 200 },
      () => waits({ reconnectWait: 10_000, ...options }, 0)[0]!,
    );
    expect(Math.max(...found)).toBeLessThanOrEqual(10_000 + most);
    expect(Math.max(...found)).toBeGreaterThan(10_000 + most * 0.8);
    expect(Math.min(...found)).toBeLessThan(10_000 + most * 0.2);
  });

  it("is 0 for a server that was dialled long ago or never", async () => {
    const pool = new ServerPool(
      resolveOptions({ servers: ["a", "b"], noRandomize: true }),
      () => {},
    );
    pool.dialled(pool.servers[0]!);
    expect(pool.next()).toEqual({ server: pool.servers[1], delay: 0 });
  });

  it("is the result of reconnectDelay, which gets the attempt and the server", async () => {
    const asked: [number, string][] = [];
    const reconnectDelay = (attempt: number, server: string) => {
      asked.push([attempt, server]);
      return attempt === 2 ? 1_000 : 0;
    };
    const waits = await pauses(3, { reconnectWait: 60_000, reconnectDelay });
    expect(asked.map(([attempt]) => attempt)).toEqual([1, 2, 3, 4]);
    expect(new Set(asked.map(([, server]) => server)).size).toBe(1);
    expect(waits[0]).toBeGreaterThanOrEqual(998);
    expect(waits[1]).toBeLessThan(998);
  });

  it("is the default when reconnectDelay throws, and the error is reported", async () => {
    const errors: NatsError[] = [];
    const answers = [() => 0, () => Number.NaN, () => Number.parseInt("x", 10)];
    const waits = await pauses(2, {
      ...FAST,
      onError: (error: NatsError) => errors.push(error),
      reconnectDelay: () => {
        const answer = answers.shift();
        if (answer === undefined) throw new Error("broken");
        return answer();
      },
    });
    expect(waits).toHaveLength(2);
    expect(errors[0]).toMatchObject({ code: "HANDLER" });
    expect(errors[0]!.message).toContain("reconnectDelay");
  });
});

describe("maxReconnectAttempts", () => {
  it("ends a lost connection without any attempt if it is 0", async () => {
    await using broker = await startBroker();
    const nats = new NatsConnection({
      servers: broker.url,
      maxReconnectAttempts: 0,
      onError: () => {},
    });
    const events: string[] = [];
    for (const name of ["disconnected", "reconnecting", "closed"] as const) {
      nats.on(name, () => void events.push(name));
    }
    await nats.connect();
    await broker.stop("SIGKILL");
    expect(await nats.closed()).toBeInstanceOf(ConnectionError);
    expect(events).toEqual(["disconnected", "closed"]);
  });

  it("counts the attempts of each server: that many events, then the end", async () => {
    await using broker = await startBroker();
    const nats = new NatsConnection({
      servers: broker.url,
      maxReconnectAttempts: 10,
      onError: () => {},
      reconnectDelay: () => 1,
    });
    const counts = { disconnected: 0, reconnecting: 0, reconnectFailed: 0 };
    for (const name of ["disconnected", "reconnecting", "reconnectFailed"] as const) {
      nats.on(name, () => void counts[name]++);
    }
    await nats.connect();
    await broker.stop("SIGKILL");
    expect(await nats.closed()).toMatchObject({ code: "CONNECTION" });
    expect(counts).toEqual({ disconnected: 1, reconnecting: 10, reconnectFailed: 10 });
    expect((await nats.closed())!.message).toContain("ECONNREFUSED");
  });
});

describe("a server that fails too often", () => {
  it("is given up after maxReconnectAttempts, and the last server ends the connection", async () => {
    await using broker = await startBroker();
    const nats = new NatsConnection({
      servers: broker.url,
      maxReconnectAttempts: 3,
      onError: () => {},
      ...FAST,
    });
    await nats.connect();
    let failed = 0;
    nats.on("reconnectFailed", () => void failed++);
    await broker.stop("SIGKILL");
    expect(await nats.closed()).toBeInstanceOf(ConnectionError);
    expect(failed).toBe(3);
  });
});

describe("a cluster", () => {
  it("announces its servers, and the connection moves to another when its own stops", async () => {
    const config = (routes: string) => `cluster { name: test, listen: "127.0.0.1:-1", ${routes} }`;
    await using first = await startBroker({ config: config("") });
    await using second = await startBroker({ config: config(`routes: ["${first.clusterUrl}"]`) });
    await using nats = new NatsConnection({ servers: first.url, onError: () => {}, ...FAST });
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

  it("moves the connection to another server in lame duck mode, with no message in doubt", async () => {
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
      onError: () => {},
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

  it("can announce invalid servers without harm", async () => {
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
