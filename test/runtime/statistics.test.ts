import { NatsConnection } from "alternats";
import { describe, expect, it } from "vitest";
import { startBroker } from "../support/broker.js";

describe("statistics", () => {
  it("are equal to the server's statistics", async () => {
    const own = await startBroker({ monitoring: true });
    const counted = new NatsConnection({ servers: own.url, name: "counted" });
    await counted.subscribe("stats", () => {});
    for (let i = 0; i < 1_000; i++) counted.post("stats", "x".repeat(100));
    await counted.flush();
    const { connections } = (await (await fetch(`${own.monitoringUrl}/connz`)).json()) as {
      connections: { in_msgs: number; out_msgs: number; in_bytes: number; name: string }[];
    };
    const [seen] = connections;
    const stats = counted.getStats();
    expect(seen).toMatchObject({ name: "counted", in_msgs: stats.sentMessages, out_msgs: 1_000 });
    expect(stats).toMatchObject({
      sentMessages: 1_000,
      receivedMessages: 1_000,
      subscriptions: 1,
      pendingBytes: 0,
      pendingMessages: 0,
      reconnects: 0,
      dropped: 0,
    });
    // 1,000 times "PUB stats " + size field + CR LF + 102 bytes of JSON + CR LF, and a few more.
    expect(stats.sentBytes).toBeGreaterThan(1_000 * (10 + 3 + 2 + 102 + 2));
    expect(stats.receivedBytes).toBeGreaterThan(1_000 * 100);
    await counted.close();
    await own[Symbol.asyncDispose]();
  });
});
