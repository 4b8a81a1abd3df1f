import { setTimeout as sleep } from "node:timers/promises";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect, type NatsConnection as Peer } from "@nats-io/transport-node";
import { NatsConnection } from "alternats";
import { ensureStreams } from "alternats/jetstream";
import { afterEach, beforeEach, expect } from "vitest";
import type { Broker } from "../support/broker.js";
import { type Cluster, startCluster } from "../support/cluster.js";
import { type Hit, type HitParams, numbers } from "./game.js";

export const params: HitParams = { server: "eu-1", player: "7" };
const CONFIG = { name: "GAME", subjects: ["game.>"], replicas: 3 };
/** Milliseconds in which a cluster has elected a leader, on a busy machine too. */
export const TIMEOUT = 20_000;

/** Cluster of three servers with the stream; see {@link useReplicas}. */
export let cluster: Cluster;
export let nats: NatsConnection;
let peer: Peer;

/** Starts {@link cluster} and {@link nats} for each test of a file. */
export function useReplicas(): void {
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
}

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
export async function roles(): Promise<{ leader: Broker; followers: Broker[] }> {
  const { cluster: group } = await eventually(async (options) => {
    const manager = await jetstreamManager(peer, options);
    return manager.streams.info("GAME");
  });
  const leader = cluster.brokers[Number(group!.leader!.slice(1))]!;
  return { leader, followers: cluster.brokers.filter((broker) => broker !== leader) };
}

/** @returns The stream's messages in its order, from the official client. */
export async function stored(): Promise<number[]> {
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
export async function connectTo(broker: Broker): Promise<void> {
  nats.setServers(broker.url);
  await nats.reconnect();
}

export interface Item {
  readonly params: HitParams;
  readonly message: Hit;
  readonly messageId: string;
}

/** @returns Messages to append, with ids. */
export const items = (from: number, count: number): Item[] =>
  numbers(count).map((i) => ({ params, message: { n: from + i }, messageId: `m${from + i}` }));

/** @returns Settles when all replicas follow the stream. */
export function followed(): Promise<void> {
  return eventually(async (options) => {
    const manager = await jetstreamManager(peer, options);
    const { cluster: group } = await manager.streams.info("GAME");
    if (group?.leader === undefined || !group.replicas?.every(({ current }) => current)) {
      throw new Error("a replica is behind");
    }
  });
}
