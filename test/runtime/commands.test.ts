import { connect, type NatsConnection as Peer } from "@nats-io/transport-node";
import {
  type NatsConnection as Connection,
  type NatsCommand,
  NatsConnection,
  NatsConnectionPool,
  NatsKey,
  NatsShardingConnection,
} from "alternats";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Broker, startBroker } from "../support/broker.js";

let broker: Broker;
let nats: Connection;
let peer: Peer;

/** Everything that NatsCommand promises, on whatever implements it. */
async function everyCommand(commands: NatsCommand, key: string): Promise<void> {
  const got: string[] = [];
  const subscriptions = [
    await commands.subscribe(key, (value) => void got.push(`subscribe ${value}`)),
    await commands.listen(key, ({ buffer, start, end }) => {
      got.push(`listen ${Buffer.from(buffer.subarray(start, end))}`);
    }),
  ];
  const messages = commands.messages<number>(key);
  await messages.ready;
  const observed = new Promise<number>((resolve) => {
    commands.observe<number>(key).subscribe(({ value }) => resolve(value));
  });
  // An observer says nothing of when it is subscribed; a PING behind it does.
  await commands.flush();
  await commands.publish(key, 1);
  await messages.next();
  commands.post(key, 2);
  await messages.next();
  await commands.publishBatch([[key, 3]]);
  await messages.next();
  commands.postBatch([[new NatsKey(key), 4]]);
  await messages.next();
  commands.writeDirect(`PUB ${key} 1\r\n5`);
  expect((await messages.next()).value?.value).toBe(5);
  expect(await observed).toBe(1);
  await commands.flush();
  expect(await commands.ping()).toBeGreaterThan(0);
  for (let i = 1; i <= 5; i++) {
    expect(got).toContain(`subscribe ${i}`);
    expect(got).toContain(`listen ${i}`);
  }
  for (const subscription of subscriptions) subscription.unsubscribe();
  await messages.return?.();

  await commands.respond<number, number>(`${key}.double`, (value) => 2 * value);
  expect(await commands.request(`${key}.double`, 21)).toBe(42);
}

beforeAll(async () => {
  broker = await startBroker({ monitoring: true });
  nats = new NatsConnection({ servers: broker.url, onError: () => {} });
  peer = await connect({ servers: broker.url });
});

afterAll(async () => {
  await nats?.close();
  await peer?.close();
  await broker?.[Symbol.asyncDispose]();
});

describe("every command", () => {
  it("works on a connection", async () => {
    await using one = new NatsConnection({ servers: broker.url });
    await everyCommand(one, "every.connection");
  });

  it("works on a pool", async () => {
    await using pool = new NatsConnectionPool({ servers: broker.url, poolSize: 3 });
    await everyCommand(pool, "every.pool");
  });

  it("works on shards", async () => {
    const second = await startBroker();
    const shards = new NatsShardingConnection({ servers: `${broker.url},${second.url}` });
    await everyCommand(shards, "every.shard");
    await everyCommand(shards.getCommand("every.other"), "every.other");
    await shards.close();
    await second[Symbol.asyncDispose]();
  });
});
