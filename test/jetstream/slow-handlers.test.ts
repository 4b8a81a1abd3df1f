import { setTimeout as sleep } from "node:timers/promises";
import { NatsConnection, type NatsError } from "alternats";
import { appendBatch, type ConsumeOptions, consume, ensureStreams } from "alternats/jetstream";
import { describe, expect, it } from "vitest";
import { startBroker } from "../support/broker.js";
import { compute } from "../support/flood.js";
import { within } from "../support/settled.js";
import { game, hit, numbers } from "./game.js";

const params = { server: "eu-1", player: "7" };

/** Every message's number of calls, and when all have had one. */
class Handled {
  readonly times = new Map<number, number>();
  readonly all: Promise<void>;
  #resolve!: () => void;
  readonly #count: number;

  constructor(count: number) {
    this.#count = count;
    this.all = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  readonly add = (n: number): void => {
    this.times.set(n, (this.times.get(n) ?? 0) + 1);
    if (this.times.size === this.#count) this.#resolve();
  };

  /** Messages that were handled more than once. */
  get twice(): number[] {
    return [...this.times].filter(([, times]) => times > 1).map(([n]) => n);
  }
}

async function fill(nats: NatsConnection, count: number): Promise<void> {
  await ensureStreams(nats, [game]);
  const items = numbers(count).map((n) => ({ params, message: { n } }));
  for await (const { error } of appendBatch(nats, hit, items)) expect(error).toBeUndefined();
}

/** @returns Numbers of messages that workers of a durable consumer ask for, one for each request. */
async function spyOn(nats: NatsConnection, durable: string): Promise<number[]> {
  const batches: number[] = [];
  await nats.subscribe<{ batch: number }>(
    `$JS.API.CONSUMER.MSG.NEXT.GAME.${durable}`,
    ({ batch }) => {
      batches.push(batch);
    },
  );
  return batches;
}

/** Looks at the consumer as an operator does. */
async function pending(
  nats: NatsConnection,
  durable: string,
): Promise<{ acked: number; redelivered: number }> {
  const info = await nats.request<{
    ack_floor: { stream_seq: number };
    num_redelivered: number;
  }>(`$JS.API.CONSUMER.INFO.GAME.${durable}`);
  return { acked: info.ack_floor.stream_seq, redelivered: info.num_redelivered };
}

describe("a worker whose handler computes", () => {
  it.each<[string, Partial<ConsumeOptions>, number]>([
    ["longer for all that it takes ahead than ackWait", { ackWait: 2_000 }, 1],
    ["with several handlers at a time", { ackWait: 2_000, concurrency: 8 }, 1],
    ["in two processes that share the messages", { ackWait: 2_000 }, 2],
  ])(
    "%s handles nothing twice",
    async (_, options, workers) => {
      await using broker = await startBroker({ jetStream: true });
      await using setup = new NatsConnection({ servers: broker.url });
      const count = 150;
      await fill(setup, count);
      const errors: NatsError[] = [];
      const handled = new Handled(count);
      const connections = numbers(workers).map(
        () =>
          new NatsConnection({ servers: broker.url, onError: (error) => void errors.push(error) }),
      );
      const started = await Promise.all(
        connections.map((nats) =>
          consume(
            nats,
            hit,
            {},
            ({ n }) => {
              compute(20);
              handled.add(n);
            },
            { durable: "slow", ...options },
          ),
        ),
      );
      await within(60_000, handled.all, "the last message");
      // What was given to a worker in vain comes again when ackWait is over.
      await sleep(2_500);
      expect(handled.twice).toEqual([]);
      expect(await pending(setup, "slow")).toEqual({ acked: count, redelivered: 0 });
      expect(errors).toEqual([]);
      for (const worker of started) await worker.drain();
      for (const nats of connections) await nats.close();
    },
    90_000,
  );

  it("acknowledges between two calls: the server knows what is done while the rest waits", async () => {
    await using broker = await startBroker({ jetStream: true });
    await using setup = new NatsConnection({ servers: broker.url });
    await fill(setup, 100);
    await using nats = new NatsConnection({ servers: broker.url });
    const handled = new Handled(100);
    /** Number of confirmed messages after a number of handled ones, requested over a connection of its own. */
    const behind: Promise<number>[] = [];
    const worker = await consume(
      nats,
      hit,
      {},
      ({ n }) => {
        compute(30);
        handled.add(n);
        if (n % 20 === 0) {
          behind.push(pending(setup, "slow").then(({ acked }) => handled.times.size - acked));
        }
      },
      { durable: "slow" },
    );
    await within(60_000, handled.all, "the last message");
    for (const messages of await Promise.all(behind)) expect(messages).toBeLessThanOrEqual(10);
    await worker.drain();
  }, 90_000);

  it("lets other work of the process go on between two calls", async () => {
    await using broker = await startBroker({ jetStream: true });
    await using setup = new NatsConnection({ servers: broker.url });
    await fill(setup, 100);
    await using nats = new NatsConnection({ servers: broker.url });
    const handled = new Handled(100);
    let most = 0;
    let since = 0;
    const timer = setInterval(() => {
      since = 0;
    }, 1);
    const worker = await consume(
      nats,
      hit,
      {},
      ({ n }) => {
        most = Math.max(most, ++since);
        compute(20);
        handled.add(n);
      },
      { durable: "slow" },
    );
    await within(60_000, handled.all, "the last message");
    clearInterval(timer);
    expect(most).toBeLessThanOrEqual(3);
    await worker.drain();
  }, 90_000);

  it("leaves what it would not get to in time to another worker", async () => {
    await using broker = await startBroker({ jetStream: true });
    await using setup = new NatsConnection({ servers: broker.url });
    await fill(setup, 400);
    const batches = await spyOn(setup, "alone");
    await using slow = new NatsConnection({ servers: broker.url });
    await using quick = new NatsConnection({ servers: broker.url });
    const handled = new Handled(400);
    let bySlow = 0;
    const options = { durable: "shared", ackWait: 1_000 };
    const first = await consume(
      slow,
      hit,
      {},
      async ({ n }) => {
        bySlow++;
        await sleep(200);
        handled.add(n);
      },
      options,
    );
    const second = await consume(quick, hit, {}, ({ n }) => handled.add(n), options);
    // All of them by the slow one would take 80 s, and all that it takes ahead 100 s.
    await within(40_000, handled.all, "the last message");
    expect(bySlow).toBeLessThan(200);
    expect(handled.twice).toEqual([]);
    await first.drain();
    await second.drain();
    // By itself it takes no more than it handles in time.
    const alone = await consume(slow, hit, {}, () => sleep(200), {
      ...options,
      durable: "alone",
    });
    await sleep(1_500);
    expect(Math.max(...batches)).toBeLessThanOrEqual(4);
    await alone.drain();
  }, 90_000);
});

describe("a worker with a quick handler", () => {
  it("still takes as many ahead as maxBuffered says", async () => {
    await using broker = await startBroker({ jetStream: true });
    await using setup = new NatsConnection({ servers: broker.url });
    await fill(setup, 5_000);
    const batches = await spyOn(setup, "quick");
    await using nats = new NatsConnection({ servers: broker.url });
    const handled = new Handled(5_000);
    const worker = await consume(nats, hit, {}, ({ n }) => handled.add(n), { durable: "quick" });
    await within(20_000, handled.all, "the last message");
    expect(handled.twice).toEqual([]);
    // The next half is asked for when half of 512 is done.
    expect(Math.max(...batches)).toBeGreaterThanOrEqual(256);
    await worker.drain();
  });
});
