import { NatsConnection } from "alternats";
import { describe, expect, it } from "vitest";
import { type FakeClient, startFakeServer } from "../support/fake-server.js";

const FAST = { reconnectWait: 10, reconnectJitter: 0, requestTimeout: 200 };

describe("a PING", () => {
  it("from the server is answered", async () => {
    let asking: FakeClient | undefined;
    await using server = await startFakeServer(async (client) => {
      asking = client;
      await client.greet();
      client.send("PING\r\nPING\r\n");
      await client.until("PONG\r\n", 2);
      await client.answerPings();
    });
    await using nats = new NatsConnection({ servers: server.url });
    await nats.flush();
    expect(asking!.count("PONG\r\n")).toBe(2);
  });
});

describe("the heartbeat", () => {
  it("does not count the PINGs of pending flushes", async () => {
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
