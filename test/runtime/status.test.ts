import { connect } from "@nats-io/transport-node";
import { NatsConnection, type NatsError, type NatsStatus, type NatsStatuses } from "alternats";
import { describe, expect, it } from "vitest";
import { startBroker } from "../support/broker.js";
import { PLAIN_INFO, startFakeServer } from "../support/fake-server.js";
import { nextEvent } from "../support/next-event.js";

const FAST = { reconnectWait: 5, reconnectJitter: 0 };

/** @returns All events until the one of the type, itself included. */
async function until(statuses: NatsStatuses, type: NatsStatus["type"]): Promise<NatsStatus[]> {
  const seen: NatsStatus[] = [];
  for (;;) {
    const { value, done } = await statuses.next();
    if (done) throw new Error(`ended before ${type}`);
    seen.push(value);
    if (value.type === type) return seen;
  }
}

describe("status", () => {
  it("yields the events of a connection in order, and ends after closed", async () => {
    await using broker = await startBroker();
    const nats = new NatsConnection({ servers: broker.url, onError: () => {}, ...FAST });
    const seen: NatsStatus[] = [];
    const reading = (async () => {
      for await (const status of nats.status()) seen.push(status);
    })();
    await nats.connect();
    nats.post("a", 1);
    await broker.pause();
    nats.post("b", 2);
    const reconnected = nextEvent(nats, "opened");
    await broker.restart("SIGKILL");
    await reconnected;
    await nats.close();
    await reading;
    const server = broker.url;
    const names = seen.map(({ type }) => type);
    expect(names.filter((name) => name !== "reconnecting" && name !== "reconnectFailed")).toEqual([
      "opened",
      "disconnected",
      "error",
      "opened",
      "closed",
    ]);
    expect(seen[0]).toEqual({ type: "opened", server, reconnected: false, inDoubt: 0 });
    expect(seen[1]).toMatchObject({ type: "disconnected", server, inDoubt: 2 });
    expect(seen[2]).toMatchObject({ error: { code: "MESSAGES_IN_DOUBT", count: 2 } });
    expect(seen[3]).toEqual({ type: "reconnecting", server, attempt: 1 });
    expect(seen.at(-2)).toEqual({ type: "opened", server, reconnected: true, inDoubt: 2 });
    expect(seen.at(-1)).toEqual({ type: "closed", error: undefined });
    // Each attempt that begins fails or succeeds.
    const failed = names.filter((name) => name === "reconnectFailed").length;
    expect(names.filter((name) => name === "reconnecting")).toHaveLength(failed + 1);
  });

  it("ends at once on a connection that has ended", async () => {
    const nats = new NatsConnection();
    await nats.close();
    expect(await nats.status().next()).toEqual({ done: true, value: undefined });
  });

  it("stops when its loop is left, and other loops continue", async () => {
    const nats = new NatsConnection();
    const left = nats.status();
    const kept = nats.status();
    await left.return?.();
    await nats.close();
    expect(await left.next()).toEqual({ done: true, value: undefined });
    expect((await kept.next()).value).toEqual({ type: "closed", error: undefined });
    expect(await kept.next()).toEqual({ done: true, value: undefined });
  });

  it("keeps the latest 1,024 events for a loop that does not read", async () => {
    await using server = await startFakeServer(async (client) => {
      await client.greet();
      client.send("-ERR 'Invalid Publish Subject'\r\n".repeat(2_000));
      await client.answerPings();
    });
    await using nats = new NatsConnection({ servers: server.url, onError: () => {} });
    await using statuses = nats.status();
    await nats.connect();
    await nats.flush();
    expect((await until(statuses, "error")).length).toBe(1);
    expect(statuses.dropped).toBe(2_001 - 1_024);
  });

  it("does not report endlessly when a listener of errors throws", async () => {
    const errors: NatsError[] = [];
    await using server = await startFakeServer(async (client) => {
      await client.greet();
      client.send("-ERR 'x'\r\n");
      await client.answerPings();
    });
    await using nats = new NatsConnection({
      servers: server.url,
      onError: (error) => errors.push(error),
    });
    nats.on("error", () => {
      throw new Error("broken listener");
    });
    await nats.flush();
    expect(errors.map(({ code }) => code)).toEqual(["HANDLER", "SERVER"]);
  });
});

describe("the event", () => {
  it("staleConnection comes before the connection is given up", async () => {
    await using server = await startFakeServer(async (client) => {
      await client.greet();
      if (server.clients.length > 1) await client.answerPings();
    });
    await using nats = new NatsConnection({
      servers: server.url,
      pingInterval: 20,
      maxPingOut: 2,
      onError: () => {},
      ...FAST,
    });
    await using statuses = nats.status();
    await nats.connect();
    const seen = await until(statuses, "disconnected");
    expect(seen.map(({ type }) => type)).toEqual(["opened", "staleConnection", "disconnected"]);
    expect(seen[1]).toEqual({ type: "staleConnection", server: server.url, unanswered: 2 });
    expect(server.clients[0]!.count("PING\r\n")).toBe(3);
  });

  it("lameDuck comes once for a server, even if it is the only one", async () => {
    const ldm = PLAIN_INFO.replace("{", '{"ldm":true,');
    await using server = await startFakeServer(async (client) => {
      await client.greet();
      client.send(ldm + ldm);
      await client.answerPings();
    });
    await using nats = new NatsConnection({ servers: server.url });
    await using statuses = nats.status();
    await nats.flush();
    await nats.close();
    const seen = await until(statuses, "closed");
    expect(seen.map(({ type }) => type)).toEqual(["opened", "lameDuck", "closed"]);
    expect(seen[1]).toEqual({ type: "lameDuck", server: server.url });
  });

  it("serversChanged lists the servers that a cluster added and removed", async () => {
    const told = (...urls: string[]) =>
      PLAIN_INFO.replace("{", `{"connect_urls":${JSON.stringify(urls)},`);
    await using server = await startFakeServer(async (client) => {
      await client.greet(told("10.0.0.1:4222", "10.0.0.2:4222"));
      client.send(told("10.0.0.2:4222", "10.0.0.3:4222"));
      client.send(told("10.0.0.2:4222", "10.0.0.3:4222"));
      await client.answerPings();
    });
    await using nats = new NatsConnection({ servers: server.url, noRandomize: true });
    const changes: unknown[] = [];
    nats.on("serversChanged", (change) => changes.push(change));
    await nats.flush();
    expect(changes).toEqual([
      { added: ["nats://10.0.0.1:4222", "nats://10.0.0.2:4222"], removed: [] },
      { added: ["nats://10.0.0.3:4222"], removed: ["nats://10.0.0.1:4222"] },
    ]);
    expect(nats.servers).toEqual([server.url, "nats://10.0.0.2:4222", "nats://10.0.0.3:4222"]);

    await using deaf = new NatsConnection({ servers: server.url, ignoreClusterUpdates: true });
    deaf.on("serversChanged", (change) => changes.push(change));
    await deaf.flush();
    expect(changes).toHaveLength(2);
    expect(deaf.servers).toEqual([server.url]);
  });

  it("error reports a permission violation of a subscription", async () => {
    await using broker = await startBroker({
      config: `authorization { users: [
        { user: u, password: x, permissions { subscribe { deny: "no" }, publish { deny: "no" } } }
      ] }`,
    });
    await using nats = new NatsConnection({
      servers: broker.url.replace("://", "://u:x@"),
      onError: () => {},
    });
    await using statuses = nats.status();
    await expect(nats.subscribe("no", () => {})).rejects.toThrow();
    await expect(nats.request("no")).rejects.toThrow();
    const [, first] = await until(statuses, "error");
    const [second] = await until(statuses, "error");
    expect(first).toMatchObject({ error: { operation: "subscription", subject: "no" } });
    expect(second).toMatchObject({ error: { operation: "publish", subject: "no" } });
    expect(nats.state).toBe("open");
  });

  it("error reports why the server ends the connection", async () => {
    await using server = await startFakeServer(async (client) => {
      await client.greet();
      if (server.clients.length > 1) return client.answerPings();
      client.send("-ERR 'maximum connections exceeded'\r\n");
      client.destroy();
    });
    const errors: NatsError[] = [];
    await using nats = new NatsConnection({
      servers: server.url,
      onError: (error) => errors.push(error),
      ...FAST,
    });
    const disconnected = nextEvent(nats, "disconnected");
    await nats.connect();
    expect((await disconnected).error.message).toContain("maximum connections exceeded");
    await nextEvent(nats, "opened");
    await nats.flush();
    expect(errors).toMatchObject([{ code: "SERVER" }]);
  });
});

describe("a slow consumer", () => {
  it.each([
    ["dropNewest", 3],
    ["dropOldest", 3],
    ["pause", 0],
  ] as const)(
    "with %s is reported once until its queue is half empty again",
    async (whenFull, lost) => {
      await using broker = await startBroker();
      const peer = await connect({ servers: broker.url });
      await using nats = new NatsConnection({ servers: broker.url, onError: () => {} });
      await using statuses = nats.status();
      await using messages = nats.messages("slow", { queue: "q", maxBuffered: 4, whenFull });
      await messages.ready;
      const publish = async (count: number) => {
        for (let i = 0; i < count; i++) peer.publish("slow", String(i));
        await peer.flush();
      };
      await publish(7);
      expect((await until(statuses, "slowConsumer")).at(-1)).toEqual({
        type: "slowConsumer",
        subject: "slow",
        queue: "q",
        pending: 4,
        dropped: lost === 0 ? 0 : 1,
      });
      if (lost > 0) await nats.flush();
      expect(nats.getStats()).toMatchObject({ slowConsumers: 1, missed: lost });
      // Three more than fit may have been kept; two that wait are half of the queue.
      for (let taken = 0; taken < (lost > 0 ? 2 : 5); taken++) await messages.next();
      await publish(7);
      expect(await until(statuses, "slowConsumer")).toHaveLength(lost > 0 ? 2 : 1);
      expect(nats.getStats().slowConsumers).toBe(2);
      await peer.close();
    },
  );

  it("is also a subscription whose concurrent handlers do not keep up", async () => {
    await using broker = await startBroker();
    const peer = await connect({ servers: broker.url });
    await using nats = new NatsConnection({ servers: broker.url, onError: () => {} });
    const slow = nextEvent(nats, "slowConsumer");
    let finish = () => {};
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const options = { concurrency: 1, maxBuffered: 4, whenFull: "dropNewest" } as const;
    await nats.subscribe("slow", () => finished, options);
    for (let i = 0; i < 20; i++) peer.publish("slow", "1");
    expect(await slow).toEqual({ subject: "slow", queue: undefined, pending: 4, dropped: 1 });
    finish();
    await peer.close();
  });
});
