import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { NatsConnection } from "alternats";
import { appendBatch, consume, ensureStreams, replay } from "alternats/jetstream";
import { describe, expect, it } from "vitest";
import { type Broker, startBroker } from "../support/broker.js";
import { hit, numbers } from "./game.js";

const params = { server: "eu-1", player: "7" };

/** Three servers with JetStream. Each must know the routes of all before any of them runs. */
async function startCluster(): Promise<Broker[]> {
  const ports = await freePorts(3);
  const routes = ports.map((port) => `"nats://127.0.0.1:${port}"`).join(", ");
  return Promise.all(
    ports.map((port, i) =>
      startBroker({
        jetStream: true,
        config: `server_name: ${"abc"[i]}
          cluster { name: test, listen: "127.0.0.1:${port}", routes: [${routes}] }`,
      }),
    ),
  );
}

async function freePorts(count: number): Promise<number[]> {
  const servers = numbers(count).map(() => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), "close")));
  return ports;
}

describe("a cluster of three servers", () => {
  it("that loses the stream's leader stores, replays and delivers everything once", async () => {
    const brokers = await startCluster();
    const servers = brokers.map(({ url }) => url);
    const nats = new NatsConnection({ servers, reconnectWait: 20, onError: () => {} });
    const peer = await connect({ servers, maxReconnectAttempts: -1, reconnectTimeWait: 20 });
    try {
      const config = { name: "GAME", subjects: ["game.>"], replicas: 3 };
      await expect
        .poll(() => ensureStreams(nats, [{ config }]).then(() => "made", String), {
          timeout: 20_000,
        })
        .toBe("made");
      const manager = await jetstreamManager(peer, { timeout: 20_000 });
      const handled = new Set<number>();
      let resolveAll!: () => void;
      const all = new Promise<void>((resolve) => {
        resolveAll = resolve;
      });
      const worker = await consume(
        nats,
        hit,
        {},
        ({ n }) => {
          handled.add(n);
          if (handled.size === 2_000) resolveAll();
        },
        { durable: "worker", heartbeat: 200, ackWait: 1_000 },
      );
      const items = function* () {
        for (const n of numbers(2_000)) yield { params, message: { n }, messageId: `m${n}` };
      };
      let acknowledged = 0;
      let stopped: Promise<void> | undefined;
      for await (const { error } of appendBatch(nats, hit, items(), { timeout: 30_000 })) {
        expect(error).toBeUndefined();
        if (++acknowledged !== 500) continue;
        const { cluster } = await manager.streams.info("GAME");
        stopped = brokers["abc".indexOf(cluster!.leader!)]!.stop("SIGKILL");
      }
      await stopped;
      await all;
      // Who was the leader of the whole cluster as well is succeeded first: nobody answers before.
      await manager.streams.names("game.>").next();
      const read = async () => {
        const found: number[] = [];
        const options = { from: "first", live: false, heartbeat: 200 } as const;
        for await (const { message } of replay(nats, hit, {}, options)) found.push(message.n);
        return found.sort((a, b) => a - b);
      };
      // The cluster gives some of their consumers to the server that is gone.
      for (const found of await Promise.all(numbers(4).map(read))) {
        expect(found).toEqual(numbers(2_000));
      }
      await worker.drain();
    } finally {
      await nats.close();
      await peer.close();
      for (const broker of brokers) await broker[Symbol.asyncDispose]();
    }
  }, 60_000);
});
