import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { NatsConnection } from "alternats";
import { describe, expect, it } from "vitest";
import { startBroker } from "../support/broker.js";
import { Ledger } from "../support/ledger.js";
import { startNetwork } from "../support/network.js";
import { nextEvent } from "../support/next-event.js";

const SILENT = { onError: () => {} };
/** Milliseconds of traffic that may be in doubt: a second, and what a busy machine adds. */
const A_SECOND = 2_000;

/** Publishes for a while, a hundred messages every ten milliseconds or so. @returns The time of each. */
async function publishFor(milliseconds: number, publish: () => void): Promise<number[]> {
  const times: number[] = [];
  for (const until = performance.now() + milliseconds; performance.now() < until; ) {
    for (let i = 0; i < 100; i++) {
      publish();
      times.push(performance.now());
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return times;
}

const ofTheLastSecond = (times: readonly number[]): number => {
  const now = performance.now();
  return times.filter((time) => time > now - A_SECOND).length;
};

// They wait for seconds to pass.
describe.concurrent("messages in doubt when a connection is lost that nobody flushed", () => {
  it.each([
    ["post", (nats: NatsConnection) => nats.post("doubt", 1)],
    ["publish", (nats: NatsConnection) => void nats.publish("doubt", 1)],
    ["publishBatch", (nats: NatsConnection) => void nats.publishBatch([["doubt", 1]])],
  ])("are no more than a second's traffic (%s)", async (_, publish) => {
    await using broker = await startBroker();
    await using nats = new NatsConnection({ servers: broker.url, ...SILENT });
    await nats.connect();
    const times = await publishFor(3_500, () => publish(nats));
    const lost = nextEvent(nats, "disconnected");
    await broker.stop("SIGKILL");
    const recent = ofTheLastSecond(times);
    const { inDoubt } = await lost;
    expect(inDoubt).toBeLessThanOrEqual(recent);
  });

  it("are none when a second has passed since the last one was published", async () => {
    await using broker = await startBroker();
    await using nats = new NatsConnection({ servers: broker.url, ...SILENT });
    await nats.connect();
    await publishFor(200, () => nats.post("doubt", 1));
    await new Promise((resolve) => setTimeout(resolve, A_SECOND));
    const lost = nextEvent(nats, "disconnected");
    await broker.stop("SIGKILL");
    expect((await lost).inDoubt).toBe(0);
  });

  it("are never fewer than those that the server did not get", async () => {
    await using broker = await startBroker();
    await using network = await startNetwork(broker.port);
    await using subscriber = new NatsConnection({ servers: broker.url });
    const ledger = new Ledger();
    await subscriber.subscribe<number>("doubt", ledger.receive);
    await using nats = new NatsConnection({ servers: network.url, ...SILENT });
    await nats.connect();
    await publishFor(2_500, () => nats.post("doubt", ledger.next()));
    // From here on nothing arrives, and nobody is told.
    network.stall("toServer");
    await publishFor(300, () => nats.post("doubt", ledger.next()));
    const lost = nextEvent(nats, "disconnected");
    network.cut();
    const { inDoubt } = await lost;
    await subscriber.flush();
    const waiting = nats.getStats().pendingMessages;
    await nats.flush();
    await subscriber.flush();
    expect(ledger.doubled).toEqual([]);
    expect(ledger.disordered).toEqual([]);
    expect(inDoubt).toBeGreaterThanOrEqual(ledger.lost.length);
    expect(inDoubt + waiting).toBeLessThan(ledger.sent);
  });

  it("cost the server no more than one PING a second", async () => {
    await using broker = await startBroker({ args: ["-DV"] });
    await using nats = new NatsConnection({ servers: broker.url, ...SILENT });
    await nats.connect();
    await publishFor(3_000, () => nats.post("doubt", 1));
    await nats.flush();
    // That of the handshake, of the flush, and one a second.
    const pings = broker.log().split("<<- [PING]").length - 1;
    expect(pings).toBeLessThanOrEqual(2 + 5);
  });
});

describe("what docs/connection.md promises of a server that dies under load", () => {
  it("says what is lost between a publisher and a subscriber: what is in doubt, and what is published while the subscriber is away", async () => {
    const page = await readFile(join(import.meta.dirname, "../../docs/connection.md"), "utf8");
    const row = page.split("\n").find((line) => line.startsWith("| the server dies under load"));
    expect(row).toMatch(/in ?doubt/i);
    expect(row).toMatch(/subscriber/i);
    expect(row).not.toContain("no more is lost than `inDoubt` says");
  });
});

describe("a publisher and a subscriber on two connections, over twelve restarts of the server", () => {
  it("lose no more than was in doubt and what was published while the subscriber was away", async () => {
    await using broker = await startBroker();
    await using publisher = new NatsConnection({ servers: broker.url, ...SILENT });
    await using subscriber = new NatsConnection({ servers: broker.url, ...SILENT });
    const ledger = new Ledger();
    await subscriber.subscribe<number>("restarts", ledger.receive);
    /** Numbers that were published while the subscriber was away. */
    const gaps: { from: number; to: number }[] = [];
    subscriber.on("disconnected", () => gaps.push({ from: ledger.sent, to: Number.NaN }));
    subscriber.on("opened", () => {
      gaps.at(-1)!.to = ledger.sent;
    });
    let inDoubt = 0;
    const most: number[] = [];
    publisher.on("disconnected", (event) => {
      inDoubt += event.inDoubt;
      most.push(event.inDoubt);
    });
    await publisher.connect();
    let running = true;
    const flushing = (async () => {
      while (running) {
        await publisher.flush().catch(() => {});
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    })();
    const publishing = (async () => {
      while (running) {
        for (let i = 0; i < 50; i++) await publisher.publish("restarts", ledger.next());
        await new Promise(setImmediate);
      }
    })();
    for (let restart = 0; restart < 12; restart++) {
      const before = ledger.received.length;
      await expect.poll(() => ledger.received.length, { timeout: 10_000 }).toBeGreaterThan(before);
      const back = Promise.all([publisher, subscriber].map((nats) => nextEvent(nats, "opened")));
      await broker.restart("SIGKILL");
      await back;
    }
    running = false;
    await Promise.all([flushing, publishing]);
    await subscriber.flush();
    await publisher.flush();
    await subscriber.flush();
    expect(ledger.doubled).toEqual([]);
    expect(ledger.disordered).toEqual([]);
    const whileAway = ledger.lost.filter((number) =>
      gaps.some(({ from, to }) => number >= from && number < to),
    );
    expect(most).toHaveLength(12);
    // What is published behind the subscriber's return, before the publisher's, may have reached the server.
    expect(ledger.lost.length - whileAway.length).toBeLessThanOrEqual(inDoubt);
  }, 120_000);
});
