import { setTimeout as sleep } from "node:timers/promises";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect, type NatsConnection as Peer } from "@nats-io/transport-node";
import { NatsConnection } from "alternats";
import { append, appendBatch, ensureStreams } from "alternats/jetstream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Broker } from "../support/broker.js";
import { type Cluster, startCluster } from "../support/cluster.js";
import { hit, numbers } from "./game.js";

const params = { server: "eu-1", player: "7" };
const CONFIG = { name: "GAME", subjects: ["game.>"], replicas: 3 };
const TIMEOUT = 20_000;

let cluster: Cluster;
let nats: NatsConnection;
let peer: Peer;

beforeEach(async () => {
  cluster = await startCluster(3, "", { jetStream: true });
  const servers = cluster.brokers.map(({ url }) => url);
  nats = new NatsConnection({ servers, onError: () => {} });
  peer = await connect({ servers, maxReconnectAttempts: -1, reconnectTimeWait: 100 });
  await expect
    .poll(() => ensureStreams(nats, [{ config: CONFIG }]).then(() => "made", String), {
      timeout: 30_000,
    })
    .toBe("made");
}, 60_000);

afterEach(async () => {
  for (const broker of cluster?.brokers ?? []) broker.resume();
  await peer?.close();
  await nats?.close();
  await cluster?.[Symbol.asyncDispose]();
}, 60_000);

/** Asks the official client again and again: requests are lost while a leader is elected. */
async function eventually<T>(ask: (options: { timeout: number }) => Promise<T>): Promise<T> {
  const end = performance.now() + 2 * TIMEOUT;
  for (;;) {
    try {
      return await ask({ timeout: 2_000 });
    } catch (error) {
      if (performance.now() > end) throw error;
      await sleep(100);
    }
  }
}

/** @returns The stream's leader, and those that follow it. */
async function roles(): Promise<{ leader: Broker; followers: Broker[] }> {
  const { cluster: group } = await eventually(async (options) => {
    const manager = await jetstreamManager(peer, options);
    return manager.streams.info("GAME");
  });
  const leader = cluster.brokers[Number(group!.leader!.slice(1))]!;
  return { leader, followers: cluster.brokers.filter((broker) => broker !== leader) };
}

/** @returns The stream's messages in its order, from the official client. */
async function stored(): Promise<number[]> {
  const consumer = await eventually((options) => jetstream(peer, options).consumers.get("GAME"));
  const found: number[] = [];
  for (;;) {
    const before = found.length;
    const messages = await consumer.fetch({ max_messages: 500, expires: 2_000 });
    for await (const message of messages) found.push(message.json<{ n: number }>().n);
    if (found.length === before) return found;
  }
}

/** Keeps our connection off a server, so that it is the stream that is away and not the way to it. */
async function connectTo(broker: Broker): Promise<void> {
  nats.setServers(broker.url);
  await nats.reconnect();
}

const items = (from: number, count: number) =>
  numbers(count).map((i) => ({ params, message: { n: from + i }, messageId: `m${from + i}` }));

describe("a stream of three replicas", () => {
  it("whose followers stand still for four seconds has stored all of a batch, and the batch says so", async () => {
    const { leader, followers } = await roles();
    await connectTo(leader);
    await append(nats, hit, params, { n: 0 }, { messageId: "m0" });
    await Promise.all(followers.map((broker) => broker.pause()));
    const wake = setTimeout(() => {
      for (const broker of followers) broker.resume();
    }, 4_000);
    const errors: unknown[] = [];
    for await (const { error } of appendBatch(nats, hit, items(0, 50), { timeout: TIMEOUT })) {
      if (error !== undefined) errors.push(error);
    }
    clearTimeout(wake);
    expect(errors).toEqual([]);
    expect(await stored()).toEqual([0, ...numbers(50)]);
  }, 90_000);

  it("whose followers stand still for four seconds takes one append after the other", async () => {
    const { leader, followers } = await roles();
    await connectTo(leader);
    await Promise.all(followers.map((broker) => broker.pause()));
    const wake = setTimeout(() => {
      for (const broker of followers) broker.resume();
    }, 4_000);
    for (const n of numbers(5)) {
      await append(nats, hit, params, { n }, { messageId: `m${n}`, timeout: TIMEOUT });
    }
    clearTimeout(wake);
    expect(await stored()).toEqual(numbers(5));
  }, 90_000);

  it("whose leader is killed takes an append within its timeout", async () => {
    const { leader, followers } = await roles();
    await connectTo(followers[0]!);
    const killed = leader.stop("SIGKILL");
    const failures: unknown[] = [];
    for (const n of numbers(20)) {
      await append(nats, hit, params, { n }, { messageId: `m${n}`, timeout: TIMEOUT }).catch(
        (error: unknown) => failures.push(error),
      );
    }
    await killed;
    expect(failures).toEqual([]);
    expect(await stored()).toEqual(numbers(20));
  }, 90_000);

  it("whose leader is killed takes all of a batch within its timeout", async () => {
    const { leader, followers } = await roles();
    await connectTo(followers[0]!);
    const killed = leader.stop("SIGKILL");
    const failures: unknown[] = [];
    for await (const { error } of appendBatch(nats, hit, items(0, 200), { timeout: TIMEOUT })) {
      if (error !== undefined) failures.push(error);
    }
    await killed;
    expect(failures).toEqual([]);
    expect(await stored()).toEqual(numbers(200));
  }, 90_000);

  it("whose nodes are restarted one after the other takes appends all the while", async () => {
    let running = true;
    const failures: unknown[] = [];
    let appended = 0;
    const work = (async () => {
      while (running) {
        const n = ++appended;
        await append(nats, hit, params, { n }, { messageId: `m${n}`, timeout: TIMEOUT }).catch(
          (error: unknown) => failures.push(error),
        );
        await sleep(10);
      }
    })();
    for (const broker of cluster.brokers) {
      await broker.restart("SIGKILL");
      await cluster.joined();
      // The next one goes only when this one follows the stream again.
      await eventually(async (options) => {
        const manager = await jetstreamManager(peer, options);
        const { cluster: group } = await manager.streams.info("GAME");
        if (group?.leader === undefined || !group.replicas?.every(({ current }) => current)) {
          throw new Error("a replica is behind");
        }
      });
    }
    running = false;
    await work;
    expect(failures).toEqual([]);
    expect(await stored()).toEqual(numbers(appended));
  }, 120_000);
});
