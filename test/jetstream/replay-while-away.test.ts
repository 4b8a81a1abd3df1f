import { NatsConnection } from "alternats";
import {
  appendBatch,
  consume,
  ensureStreams,
  last,
  lastPerSubject,
  replay,
  replayStream,
} from "alternats/jetstream";
import { describe, expect, it } from "vitest";
import { type Broker, startBroker } from "../support/broker.js";
import { nextEvent } from "../support/next-event.js";
import { within } from "../support/settled.js";
import { game, hit, numbers } from "./game.js";

const params = { server: "eu-1", player: "7" };
const FAST = { reconnectWait: 50, reconnectWaitMax: 50, reconnectJitter: 0, onError: () => {} };
const COUNT = 100;

type Read = (nats: NatsConnection) => Promise<number[]>;

const collect = async (messages: AsyncIterable<{ message: { n: number } }>): Promise<number[]> => {
  const found: number[] = [];
  for await (const { message } of messages) found.push(message.n);
  return found;
};

const READS: readonly (readonly [string, Read])[] = [
  ["replay", (nats) => collect(replay(nats, hit, {}, { from: "first", live: false }))],
  [
    "replay in batches",
    async (nats) => {
      const found: number[] = [];
      const replayed = replay(nats, hit, {}, { from: "first", live: false });
      for await (const batch of replayed.batches(10)) {
        for (const { message } of batch) found.push(message.n);
      }
      return found;
    },
  ],
  [
    "replayStream",
    async (nats) => {
      const found: number[] = [];
      for await (const event of replayStream(nats, game, { from: "first", live: false })) {
        if (event.channel === "hit") found.push(event.message.n);
      }
      return found;
    },
  ],
  [
    "a live replay",
    async (nats) => {
      const found: number[] = [];
      for await (const { message } of replay(nats, hit, {}, { from: "first", live: true })) {
        found.push(message.n);
        if (found.length === COUNT) break;
      }
      return found;
    },
  ],
];

async function filled(broker: Broker): Promise<NatsConnection> {
  const nats = new NatsConnection({ servers: broker.url, ...FAST });
  await ensureStreams(nats, [game]);
  const items = numbers(COUNT).map((n) => ({ params, message: { n } }));
  for await (const { error } of appendBatch(nats, hit, items)) expect(error).toBeUndefined();
  return nats;
}

describe("reading that begins while the connection is lost", () => {
  it.each(READS)("goes on when the server is back (%s)", async (_, read) => {
    await using broker = await startBroker({ jetStream: true });
    await using nats = await filled(broker);
    const lost = nextEvent(nats, "disconnected");
    await broker.stop("SIGKILL");
    await lost;
    const reading = read(nats);
    reading.catch(() => {});
    await new Promise(setImmediate);
    await broker.start();
    expect(await within(20_000, reading, "the reading")).toEqual(numbers(COUNT));
  });

  it.each(READS)("goes on when the connection is lost while it begins (%s)", async (_, read) => {
    await using broker = await startBroker({ jetStream: true });
    await using nats = await filled(broker);
    // Its first requests are on their way to a server that will not read them.
    await broker.pause();
    const reading = read(nats);
    reading.catch(() => {});
    await nats.publish("on.its.way", 1);
    await new Promise(setImmediate);
    await broker.restart("SIGKILL");
    expect(await within(20_000, reading, "the reading")).toEqual(numbers(COUNT));
  });

  it("goes on when the server comes back more than once", async () => {
    await using broker = await startBroker({ jetStream: true });
    await using nats = await filled(broker);
    await broker.pause();
    const reading = READS[0]![1](nats);
    reading.catch(() => {});
    await broker.restart("SIGKILL");
    await broker.restart("SIGKILL");
    expect(await within(20_000, reading, "the reading")).toEqual(numbers(COUNT));
  });
});

describe("what else begins while the connection is lost", () => {
  it("a worker handles everything when the server is back", async () => {
    await using broker = await startBroker({ jetStream: true });
    await using nats = await filled(broker);
    const lost = nextEvent(nats, "disconnected");
    await broker.stop("SIGKILL");
    await lost;
    const handled = new Set<number>();
    let all!: () => void;
    const done = new Promise<void>((resolve) => {
      all = resolve;
    });
    const starting = consume(
      nats,
      hit,
      {},
      ({ n }) => {
        handled.add(n);
        if (handled.size === COUNT) all();
      },
      { durable: "away" },
    );
    await broker.start();
    const worker = await within(20_000, starting, "consume()");
    await within(20_000, done, "the last message");
    await worker.drain();
  });

  it("the last message is found when the server is back", async () => {
    await using broker = await startBroker({ jetStream: true });
    await using nats = await filled(broker);
    const lost = nextEvent(nats, "disconnected");
    await broker.stop("SIGKILL");
    await lost;
    const found = last(nats, hit, params);
    const all = lastPerSubject(nats, hit, {});
    await broker.start();
    expect((await within(20_000, found, "last()"))?.message).toEqual({ n: COUNT });
    const perSubject = await within(20_000, all, "lastPerSubject()");
    expect(perSubject.map(({ message }) => message.n)).toEqual([COUNT]);
  });
});
