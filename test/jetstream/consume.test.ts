import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect, type NatsConnection as OfficialConnection } from "@nats-io/transport-node";
import { InvalidArgumentError, NatsConnection, type NatsError } from "alternats";
import {
  append,
  consume,
  consumeStream,
  ensureStreams,
  type From,
  replay,
  type Worker,
} from "alternats/jetstream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Broker, startBroker } from "../support/broker.js";
import { chat, game, hit, numbers } from "./game.js";

const params = { server: "eu-1", player: "7" };

let broker: Broker;
let nats: NatsConnection;
let peer: OfficialConnection;
let workers: Worker[];

beforeEach(async () => {
  broker = await startBroker({ jetStream: true });
  nats = new NatsConnection({ servers: broker.url, reconnectWait: 20, onError: () => {} });
  peer = await connect({ servers: broker.url, maxReconnectAttempts: -1, reconnectTimeWait: 20 });
  workers = [];
  await ensureStreams(nats, [game]);
});

afterEach(async () => {
  for (const worker of workers) await worker.drain();
  await nats.close();
  await peer.close();
  await broker[Symbol.asyncDispose]();
});

/** State of a consumer on the server, from the official client. */
async function info(durable: string) {
  const manager = await jetstreamManager(peer);
  return manager.consumers.info("GAME", durable);
}

/** Resolves when so many things were counted. */
class Countdown {
  readonly done: Promise<void>;
  #left: number;
  #resolve!: () => void;

  constructor(count: number) {
    this.#left = count;
    this.done = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  count(): void {
    if (--this.#left === 0) this.#resolve();
  }
}

async function appendHits(from: number, to: number): Promise<void> {
  await Promise.all(
    numbers(to)
      .slice(from - 1)
      .map((n) => append(nats, hit, params, { n }, { messageId: `h${n}` })),
  );
}

describe("consuming", () => {
  it("handles every message once, in order, with its parameters, sequence and time", async () => {
    await appendHits(1, 1_000);
    const handled: number[] = [];
    const countdown = new Countdown(1_000);
    const before = Date.now();
    const worker = await consume(
      nats,
      hit,
      {},
      ({ n }, { params: read, sequence, time, stream, deliveries }) => {
        handled.push(n);
        expect({ ...read, sequence, stream, deliveries }).toEqual({
          ...params,
          sequence: n,
          stream: "GAME",
          deliveries: 1,
        });
        expect(Math.abs(time.getTime() - before)).toBeLessThan(60_000);
        countdown.count();
      },
      { durable: "all" },
    );
    workers.push(worker);
    await countdown.done;
    await worker.drain();
    expect(handled).toEqual(numbers(1_000));
    await expect.poll(() => info("all")).toMatchObject({ num_pending: 0, num_ack_pending: 0 });
    expect(await worker.closed).toBeUndefined();
  });

  it("continues where it stopped, and receives only the requested parameters", async () => {
    const seen: string[] = [];
    const run = async (count: number) => {
      const countdown = new Countdown(count);
      const handler = (
        _message: unknown,
        { params: { player } }: { params: { player: string } },
      ) => {
        seen.push(player);
        countdown.count();
      };
      const worker = await consume(nats, hit, { player: "a" }, handler, { durable: "a" });
      await countdown.done;
      await worker.drain();
    };
    for (const player of ["a", "b", "a"]) {
      await append(nats, hit, { server: "eu-1", player }, { n: 1 });
    }
    await run(2);
    await append(nats, hit, { server: "eu-1", player: "b" }, { n: 1 });
    await append(nats, hit, { server: "us-1", player: "a" }, { n: 1 });
    await run(1);
    expect(seen).toEqual(["a", "a", "a"]);
  });

  it("shares the messages among workers, and limits concurrent handlers", async () => {
    const countdown = new Countdown(300);
    const handled: number[] = [];
    let running = 0;
    let most = 0;
    const full = new Countdown(8);
    const handler = async ({ n }: { n: number }) => {
      most = Math.max(most, ++running);
      full.count();
      // Nobody goes on before all run that may.
      await full.done;
      running--;
      handled.push(n);
      countdown.count();
    };
    const options = { durable: "shared", concurrency: 4, maxBuffered: 16 };
    for (const _ of [1, 2]) workers.push(await consume(nats, hit, {}, handler, options));
    await appendHits(1, 300);
    await countdown.done;
    expect(handled.sort((a, b) => a - b)).toEqual(numbers(300));
    expect(most).toBe(8);
  });

  it("redelivers a message whose handler failed, later each time, and other messages meanwhile", async () => {
    await appendHits(1, 3);
    const errors: NatsError[] = [];
    const calls: { n: number; deliveries: number; at: number }[] = [];
    const countdown = new Countdown(5);
    const worker = await consume(
      nats,
      hit,
      {},
      async ({ n }, { deliveries }) => {
        calls.push({ n, deliveries, at: performance.now() });
        countdown.count();
        if (n === 1 && deliveries < 3) throw new Error("not yet");
      },
      { durable: "retry", retryDelays: [50, 200], onError: (error) => errors.push(error) },
    );
    workers.push(worker);
    await countdown.done;
    expect(calls.map(({ n }) => n)).toEqual([1, 2, 3, 1, 1]);
    const times = calls.filter(({ n }) => n === 1).map(({ at }) => at);
    expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(49);
    expect(times[2]! - times[1]!).toBeGreaterThanOrEqual(199);
    expect(errors.map(({ code }) => code)).toEqual(["HANDLER", "HANDLER"]);
  });

  it("gives up a message that fails too often, and reports it", async () => {
    await appendHits(1, 2);
    const errors: NatsError[] = [];
    let calls = 0;
    const given = new Countdown(1);
    workers.push(
      await consume(
        nats,
        hit,
        {},
        ({ n }) => {
          if (n !== 1) return;
          calls++;
          throw new Error("poison");
        },
        {
          durable: "poison",
          retryDelays: [1],
          maxDeliveries: 3,
          onError(error) {
            errors.push(error);
            if (error.code === "MESSAGE_GIVEN_UP") given.count();
          },
        },
      ),
    );
    await given.done;
    await nats.flush();
    expect(calls).toBe(3);
    expect(errors.at(-1)).toMatchObject({ code: "MESSAGE_GIVEN_UP", sequence: 1 });
    await expect.poll(() => info("poison")).toMatchObject({ num_pending: 0, num_ack_pending: 0 });
  });

  it("does not redeliver an unreadable message, and continues with the next", async () => {
    await jetstream(peer).publish("game.eu-1.7.hit", "{no json");
    await appendHits(2, 2);
    const errors: NatsError[] = [];
    const countdown = new Countdown(1);
    workers.push(
      await consume(nats, hit, {}, () => countdown.count(), {
        durable: "unreadable",
        onError: (error) => errors.push(error),
      }),
    );
    await countdown.done;
    await nats.flush();
    expect(errors.map(({ code }) => code)).toEqual(["DESERIALIZE"]);
    await expect
      .poll(() => info("unreadable"))
      .toMatchObject({ num_pending: 0, num_ack_pending: 0 });
  });

  it("keeps a message whose handler takes longer than ackWait, and the messages waiting after it", async () => {
    await appendHits(1, 3);
    const deliveries: number[] = [];
    const countdown = new Countdown(3);
    // A worker tells of a message three times within ackWait: at the fourth, the server would have given it away.
    const extended = new Map(numbers(3).map((sequence) => [sequence, new Countdown(4)]));
    peer.subscribe("$JS.ACK.GAME.slow.>", {
      callback(_, message) {
        const [, , , , , sequence] = message.subject.split(".");
        if (message.string() === "+WPI") extended.get(Number(sequence))?.count();
      },
    });
    await peer.flush();
    const handler = async (_: unknown, delivered: { deliveries: number; sequence: number }) => {
      deliveries.push(delivered.deliveries);
      await extended.get(delivered.sequence)!.done;
      countdown.count();
    };
    const options = { durable: "slow", ackWait: 600 };
    workers.push(await consume(nats, hit, {}, handler, options));
    workers.push(await consume(nats, hit, {}, handler, options));
    await countdown.done;
    expect(deliveries).toEqual([1, 1, 1]);
  });

  it("ends cleanly: running handlers finish, waiting messages go to other workers at once", async () => {
    await appendHits(1, 10);
    const first: number[] = [];
    let release!: () => void;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const begun = new Countdown(1);
    const options = { durable: "handover", ackWait: 60_000 };
    const worker = await consume(
      nats,
      hit,
      {},
      async ({ n }) => {
        begun.count();
        await released;
        first.push(n);
      },
      options,
    );
    await begun.done;
    const drained = worker.drain();
    const second: number[] = [];
    const countdown = new Countdown(9);
    workers.push(
      await consume(
        nats,
        hit,
        {},
        ({ n }) => {
          second.push(n);
          countdown.count();
        },
        options,
      ),
    );
    await countdown.done;
    release();
    await drained;
    expect(first).toEqual([1]);
    expect(second.sort((a, b) => a - b)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10]);
    await expect.poll(() => info("handover")).toMatchObject({ num_ack_pending: 0 });
  });

  it("recovers from a killed and restarted server, and handles everything", async () => {
    const handled = new Set<number>();
    const countdown = new Countdown(2_000);
    workers.push(
      await consume(
        nats,
        hit,
        {},
        ({ n }) => {
          if (handled.has(n)) return;
          handled.add(n);
          countdown.count();
        },
        { durable: "restart", heartbeat: 100, ackWait: 500, concurrency: 4 },
      ),
    );
    await appendHits(1, 1_000);
    await broker.restart("SIGKILL");
    await appendHits(1_001, 2_000);
    await countdown.done;
    expect([...handled].sort((a, b) => a - b)).toEqual(numbers(2_000));
  });

  it("ends with a named error when its consumer is deleted", async () => {
    const errors: NatsError[] = [];
    const worker = await consume(nats, hit, {}, () => {}, {
      durable: "deleted",
      heartbeat: 100,
      onError: (error) => errors.push(error),
    });
    const manager = await jetstreamManager(peer);
    await manager.consumers.delete("GAME", "deleted");
    expect(await worker.closed).toMatchObject({ code: "CONSUMER_DELETED" });
    expect(errors.map(({ code }) => code)).toEqual(["CONSUMER_DELETED"]);
  });

  it("continues without a gap if it is started again after the handled messages when its consumer was deleted", async () => {
    await appendHits(1, 100);
    const manager = await jetstreamManager(peer);
    const handled: number[] = [];
    const options = { durable: "again", heartbeat: 100, maxBuffered: 10, onError: () => {} };
    const worker = await consume(
      nats,
      hit,
      {},
      async ({ n }) => {
        if (n === 50) await manager.consumers.delete("GAME", "again");
        handled.push(n);
      },
      options,
    );
    expect(await worker.closed).toMatchObject({ code: "CONSUMER_DELETED" });
    // The handler that was at work when the worker ended comes to its end.
    await expect.poll(() => handled.length).toBeGreaterThanOrEqual(50);
    const left = 100 - handled.length;
    expect(left).toBeGreaterThanOrEqual(40);
    const rest = new Countdown(left);
    const next = await consume(
      nats,
      hit,
      {},
      ({ n }) => {
        handled.push(n);
        rest.count();
      },
      { ...options, from: { sequence: handled.at(-1)! + 1 } },
    );
    workers.push(next);
    await rest.done;
    expect(handled).toEqual(numbers(100));
  });

  it("ends with a named error when its stream is deleted", async () => {
    const worker = await consume(nats, hit, {}, () => {}, { durable: "gone", heartbeat: 100 });
    const manager = await jetstreamManager(peer);
    await manager.streams.delete("GAME");
    expect(await worker.closed).toMatchObject({ code: "NO_STREAM" });
  });

  it("ends with the connection, and by its signal", async () => {
    const own = new NatsConnection({ servers: broker.url });
    const first = await consume(own, hit, {}, () => {}, { durable: "closing" });
    await own.close();
    expect(await first.closed).toBeUndefined();
    const ending = new AbortController();
    const { signal } = ending;
    const second = await consume(nats, hit, {}, () => {}, { durable: "closing", signal });
    ending.abort();
    expect(await second.closed).toBeUndefined();
  });

  it("reports for a new durable that the stream no longer has its first sequence", async () => {
    await appendHits(1, 10);
    const manager = await jetstreamManager(peer);
    await manager.streams.purge("GAME", { seq: 9 });
    const errors: NatsError[] = [];
    const seen: number[] = [];
    const run = async (from: From, countdown: Countdown) => {
      const handler = ({ n }: { n: number }) => {
        seen.push(n);
        countdown.count();
      };
      const onError = (error: NatsError) => errors.push(error);
      const worker = await consume(nats, hit, {}, handler, { durable: "late", from, onError });
      await countdown.done;
      await worker.drain();
    };
    await run({ sequence: 3 }, new Countdown(2));
    expect(seen).toEqual([9, 10]);
    expect(errors).toMatchObject([
      { code: "MISSING_SEQUENCE", sequence: 3, holds: { first: 9, last: 10 } },
    ]);
    await appendHits(11, 11);
    await run({ sequence: 3 }, new Countdown(1));
    expect(seen).toEqual([9, 10, 11]);
    expect(errors).toHaveLength(1);
  });

  it("rejects an unknown stream, and an invalid consumer name", async () => {
    const nowhere = consume(nats, hit, {}, () => {}, { durable: "x", stream: "NOWHERE" });
    await expect(nowhere).rejects.toMatchObject({ code: "NO_STREAM" });
    const name = consume(nats, hit, {}, () => {}, { durable: "a.b" });
    await expect(name).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });

  it("handles several channels of a stream with one consumer, distinguished by name", async () => {
    await append(nats, hit, params, { n: 1 });
    await append(nats, chat, params, { text: "hello" });
    await jetstream(peer).publish("game.of.another.kind", "x");
    await append(nats, hit, params, { n: 2 });
    const seen: unknown[] = [];
    const countdown = new Countdown(3);
    workers.push(
      await consumeStream(
        nats,
        game,
        (_message, event) => {
          seen.push(event.channel === "hit" ? event.message.n : event.message.text);
          countdown.count();
        },
        { durable: "several" },
      ),
    );
    await countdown.done;
    expect(seen).toEqual([1, "hello", 2]);
    const unknown = consumeStream(nats, game, () => {}, {
      durable: "none",
      channels: ["nothing" as "hit"],
    });
    await expect(unknown).rejects.toThrow('no channel "nothing"');
  });
});

describe("an error handler that throws", () => {
  it("ends neither a worker nor a replay, and is reported to the connection", async () => {
    const told: unknown[] = [];
    await using own = new NatsConnection({
      servers: broker.url,
      onError: (error) => void told.push(error.cause),
    });
    const mine = new RangeError("mine");
    const onError = (): never => {
      throw mine;
    };
    await peer.publish("game.eu-1.7.hit", "{no json");
    await append(nats, hit, params, { n: 1 });
    const handled = new Promise<number>((resolve) => {
      const handler = async ({ n }: { n: number }, { deliveries }: { deliveries: number }) => {
        if (deliveries === 1) throw new Error("once");
        resolve(n);
      };
      const options = { durable: "d", retryDelays: [1], onError };
      void consume(own, hit, params, handler, options).then((worker) => workers.push(worker));
    });
    expect(await handled).toBe(1);
    expect(told).toEqual([mine, mine]);
    const read: number[] = [];
    const all = replay(own, hit, params, { from: "first", live: false, onError });
    for await (const { message } of all) read.push(message.n);
    expect(read).toEqual([1]);
    expect(told).toEqual([mine, mine, mine]);
    for (const worker of workers.splice(0)) await worker.drain();
  });
});

describe("an invalid worker", () => {
  it.each([
    ["no options", undefined],
    ["a name with a dot", { durable: "a.b" }],
    ["no name", {}],
    ["a sequence in text", { durable: "d", from: { sequence: "12" } }],
    ["no handlers at a time", { durable: "d", concurrency: 0 }],
    ["no deliveries", { durable: "d", maxDeliveries: 0 }],
    ["delays that are none", { durable: "d", retryDelays: [Number.NaN] }],
    ["one delay that is no list", { durable: "d", retryDelays: 100 }],
    ["a heartbeat of nothing", { durable: "d", heartbeat: 0 }],
    ["a signal that is none", { durable: "d", signal: {} }],
  ])("is rejected, and no consumer is created: %s", async (_, options) => {
    const made = consume(nats, hit, params, () => {}, options as never);
    await expect(made).rejects.toThrow(InvalidArgumentError);
    await expect(consumeStream(nats, game, () => {}, options as never)).rejects.toThrow(
      InvalidArgumentError,
    );
    await expect(info("d")).rejects.toThrow("consumer not found");
  });

  it("is rejected without a handler", async () => {
    const made = consume(nats, hit, params, undefined as never, { durable: "d" });
    await expect(made).rejects.toThrow(InvalidArgumentError);
  });
});
