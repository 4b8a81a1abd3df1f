import { NatsConnection } from "alternats";
import { appendBatch, consume, ensureStreams } from "alternats/jetstream";
import { describe, expect, it } from "vitest";
import { startBroker } from "../support/broker.js";
import { compute } from "../support/flood.js";
import { within } from "../support/settled.js";
import { game, hit, numbers } from "./game.js";

const COUNT = 450;

describe("a worker with default options whose handler computes for 100 ms", () => {
  it("handles none of 450 waiting messages twice", async () => {
    await using broker = await startBroker({ jetStream: true });
    await using setup = new NatsConnection({ servers: broker.url });
    await ensureStreams(setup, [game]);
    const items = numbers(COUNT).map((n) => ({
      params: { server: "eu-1", player: "7" },
      message: { n },
    }));
    for await (const { error } of appendBatch(setup, hit, items)) expect(error).toBeUndefined();
    await using nats = new NatsConnection({ servers: broker.url });
    const times = new Map<number, number>();
    let all!: () => void;
    const done = new Promise<void>((resolve) => {
      all = resolve;
    });
    const worker = await consume(
      nats,
      hit,
      {},
      ({ n }) => {
        compute(100);
        times.set(n, (times.get(n) ?? 0) + 1);
        if (times.size === COUNT) all();
      },
      { durable: "slow" },
    );
    await within(90_000, done, "the last message");
    await worker.drain();
    expect([...times].filter(([, count]) => count > 1)).toEqual([]);
    const info = await setup.request<{ ack_floor: object; num_redelivered: number }>(
      "$JS.API.CONSUMER.INFO.GAME.slow",
    );
    expect(info).toMatchObject({ ack_floor: { stream_seq: COUNT }, num_redelivered: 0 });
  }, 150_000);
});
