import { connect, type NatsConnection as Peer } from "@nats-io/transport-node";
import {
  ConnectionError,
  NatsConnection,
  NatsConnectionPool,
  NatsShardingConnection,
} from "alternats";
import { natsPlugin } from "alternats/fastify";
import fastify from "fastify";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Broker, startBroker } from "../support/broker.js";

let broker: Broker;
let peer: Peer;

beforeAll(async () => {
  broker = await startBroker();
  peer = await connect({ servers: broker.url });
});

afterAll(async () => {
  await peer?.close();
  await broker?.[Symbol.asyncDispose]();
});

describe("the plugin for fastify", () => {
  it("gives handlers a connected engine, in every part of the application", async () => {
    const app = fastify();
    await app.register(natsPlugin, { servers: broker.url });
    await app.register(async (part) => {
      part.get("/answer/:name", async ({ params }) => ({
        answer: await part.nats.request("greet", (params as { name: string }).name),
      }));
    });
    await peer.flush();
    peer.subscribe("greet", {
      callback: (_error, message) => {
        message.respond(JSON.stringify(`hello ${message.json()}`));
      },
    });
    await peer.flush();
    expect((await app.inject("/answer/mia")).json()).toEqual({ answer: "hello mia" });
    await app.close();
  });

  it("drains when the application closes: running handlers finish, published messages arrive", async () => {
    const app = fastify();
    await app.register(natsPlugin, { servers: broker.url });
    const results: unknown[] = [];
    let begun!: () => void;
    let finish!: () => void;
    const running = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const finishing = new Promise<void>((resolve) => {
      finish = resolve;
    });
    await app.nats.subscribe(
      "job",
      async (job) => {
        begun();
        await finishing;
        app.nats.post("job.done", job);
      },
      { concurrency: 1 },
    );
    const done = peer.subscribe("job.done", {
      callback: (_error, message) => {
        results.push(message.json());
      },
    });
    await peer.flush();
    peer.publish("job", JSON.stringify(7));
    await running;
    const closing = app.close();
    finish();
    await closing;
    await peer.flush();
    expect(results).toEqual([7]);
    await expect(app.nats.publish("job", 8)).rejects.toMatchObject({ code: "CONNECTION_CLOSED" });
    done.unsubscribe();
  });

  it("fails to start without a server, and leaves nothing behind", async () => {
    const app = fastify();
    await expect(
      app.register(natsPlugin, { servers: "nats://127.0.0.1:1", connectTimeout: 500 }),
    ).rejects.toBeInstanceOf(ConnectionError);
    await app.close().catch(() => {});
  });

  it.each([
    [{}, NatsConnection],
    [{ poolSize: 1 }, NatsConnection],
    [{ poolSize: 3 }, NatsConnectionPool],
  ])("creates from %j the same as AddNats", async (options, kind) => {
    const app = fastify();
    await app.register(natsPlugin, { servers: broker.url, ...options });
    expect(app.nats).toBeInstanceOf(kind);
    await app.close();
  });

  it("creates shards of independent servers", async () => {
    const app = fastify();
    await app.register(natsPlugin, { shards: [broker.url, broker.url] });
    expect(app.nats).toBeInstanceOf(NatsShardingConnection);
    await app.close();
  });

  it("rejects a cluster together with shards", async () => {
    const app = fastify();
    await expect(
      app.register(natsPlugin, { servers: broker.url, shards: [broker.url] }),
    ).rejects.toThrow('"servers" and "shards" exclude each other');
  });
});
