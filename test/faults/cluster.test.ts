import { NatsConnection, type NatsError } from "alternats";
import { describe, expect, it } from "vitest";
import { startCluster } from "../support/cluster.js";
import { Ledger } from "../support/ledger.js";
import { nextEvent } from "../support/next-event.js";

/** Milliseconds until a connection is with another server of the cluster: a second, and what a busy machine adds. */
const RECOVERY = 2_500;

describe("a cluster of three", () => {
  it("loses only messages reported as in doubt when the publisher's node dies", async () => {
    await using cluster = await startCluster(3);
    const [first, second] = cluster.brokers;
    const errors: NatsError[] = [];
    await using publisher = new NatsConnection({
      servers: first!.url,
      onError: (error) => errors.push(error),
    });
    await using subscriber = new NatsConnection({
      servers: second!.url,
      onError: (error) => expect.fail(error.message),
    });
    const ledger = new Ledger();
    await subscriber.subscribe<number>("cluster.load", ledger.receive);
    await publisher.connect();
    // The first node must know of the subscriber at the second.
    while (ledger.received.length === 0) await publisher.publish("cluster.load", ledger.next());
    await publisher.flush();
    await ledger.until(ledger.received.length + ledger.lost.length);
    const before = ledger.lost.length;

    const opened = nextEvent(publisher, "opened");
    const confirmed = ledger.sent;
    for (let i = 0; i < 2_000; i++) publisher.post("cluster.load", ledger.next());
    const killed = performance.now();
    const stopped = first!.stop("SIGKILL");
    while (publisher.getStats().reconnects === 0) {
      await publisher.publish("cluster.load", ledger.next());
      await new Promise(setImmediate);
    }
    const { inDoubt, server } = await opened;
    expect(performance.now() - killed).toBeLessThan(RECOVERY);
    await stopped;
    expect(server).not.toBe(first!.url);
    for (let i = 0; i < 2_000; i++) await publisher.publish("cluster.load", ledger.next());
    await publisher.flush();
    const last = nextNumber(subscriber, ledger);
    publisher.post("cluster.load", ledger.next());
    await last;

    expect(ledger.disordered).toEqual([]);
    const lost = ledger.lost.filter((number) => number >= confirmed);
    expect(lost.length).toBeLessThanOrEqual(inDoubt);
    expect(ledger.lost.length - lost.length).toBe(before);
    expect(errors.map(({ code }) => code)).toEqual(inDoubt > 0 ? ["MESSAGES_IN_DOUBT"] : []);
    expect(subscriber.getStats().reconnects).toBe(0);
  });

  it("loses no published message in a rolling restart, and a subscriber misses only messages published while it moves", async () => {
    await using cluster = await startCluster(3);
    const errors: NatsError[] = [];
    const options = {
      servers: cluster.brokers.map(({ url }) => url),
      onError: (error: NatsError) => void errors.push(error),
    };
    await using publisher = new NatsConnection(options);
    await using subscriber = new NatsConnection(options);
    const ledger = new Ledger();
    await subscriber.subscribe<number>("rolling.load", ledger.receive);
    /** Numbers that were published while the subscriber was between two servers. */
    const moves: { from: number; to: number; took: number }[] = [];
    let left = 0;
    subscriber.on("disconnected", () => {
      moves.push({ from: (ledger.received.at(-1) ?? -1) + 1, to: Number.NaN, took: 0 });
      left = performance.now();
    });
    subscriber.on("opened", () => {
      const move = moves.at(-1)!;
      move.took = performance.now() - left;
      move.to = ledger.sent;
    });
    const inDoubt: number[] = [];
    publisher.on("opened", (event) => void inDoubt.push(event.inDoubt));
    await publisher.flush();

    let running = true;
    const load = async () => {
      while (running) {
        await publisher.publish("rolling.load", ledger.next());
        await new Promise(setImmediate);
      }
    };
    const loading = load();
    for (const broker of cluster.brokers) {
      await ledger.until(ledger.received.length + 500);
      const leaving = [publisher, subscriber].filter(
        ({ serverInfo }) => serverInfo?.port === broker.port,
      );
      const moved = Promise.all(leaving.map((nats) => nextEvent(nats, "opened")));
      broker.lameDuck();
      await moved;
      await broker.stop("SIGKILL");
      await broker.start();
      await cluster.joined();
    }
    await ledger.until(ledger.received.length + 500);
    running = false;
    await loading;
    await publisher.flush();
    const last = nextNumber(subscriber, ledger);
    publisher.post("rolling.load", ledger.next());
    await last;

    expect(ledger.disordered).toEqual([]);
    expect(publisher.getStats().reconnects).toBeGreaterThan(0);
    expect(inDoubt.every((count) => count === 0)).toBe(true);
    expect(errors).toEqual([]);
    expect(moves.length).toBeGreaterThan(0);
    // Another node learns a moment later than its own where the subscriber is now.
    const gossip = 200;
    const elsewhere = ledger.lost.filter(
      (number) => !moves.some(({ from, to }) => number >= from && number < to + gossip),
    );
    expect(elsewhere).toEqual([]);
    for (const { took } of moves) expect(took).toBeLessThan(RECOVERY);
  });
});

/** @returns Settles when the number that is sent next has come. */
async function nextNumber(subscriber: NatsConnection, ledger: Ledger): Promise<void> {
  const number = ledger.sent;
  while (ledger.received.at(-1) !== number) await subscriber.flush();
}
