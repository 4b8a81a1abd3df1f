import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect, type NatsConnection as OfficialConnection } from "@nats-io/transport-node";
import { InvalidArgumentError, NatsConnection, type NatsError } from "alternats";
import {
  append,
  ensureStreams,
  type From,
  last,
  lastPerSubject,
  replay,
  replayStream,
} from "alternats/jetstream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Broker, startBroker } from "../support/broker.js";
import { chat, game, hit, numbers } from "./game.js";

const params = { server: "eu-1", player: "7" };

let broker: Broker;
let nats: NatsConnection;
let peer: OfficialConnection;

beforeEach(async () => {
  broker = await startBroker({ jetStream: true });
  nats = new NatsConnection({ servers: broker.url, reconnectWait: 20, onError: () => {} });
  peer = await connect({ servers: broker.url, maxReconnectAttempts: -1, reconnectTimeWait: 20 });
  await ensureStreams(nats, [game]);
});

afterEach(async () => {
  await nats.close();
  await peer.close();
  await broker[Symbol.asyncDispose]();
});

async function appendHits(from: number, to: number, player = "7"): Promise<void> {
  await Promise.all(
    numbers(to)
      .slice(from - 1)
      .map((n) => append(nats, hit, { server: "eu-1", player }, { n })),
  );
}

/** A message as the official client tells it. */
async function stored(sequence: number) {
  const manager = await jetstreamManager(peer);
  return (await manager.streams.getMessage("GAME", { seq: sequence }))!;
}

async function consumers(): Promise<string[]> {
  const found: string[] = [];
  const manager = await jetstreamManager(peer);
  for await (const { name } of manager.consumers.list("GAME")) found.push(name);
  return found;
}

async function deleteConsumers(): Promise<void> {
  const manager = await jetstreamManager(peer);
  for (const name of await consumers()) await manager.consumers.delete("GAME", name);
}

/** Some of what an iterator gives, without ending it. */
async function* take<M>(all: AsyncIterator<M>, count: number): AsyncGenerator<M, void> {
  for (let i = 0; i < count; i++) {
    const next = await all.next();
    if (next.done) return;
    yield next.value;
  }
}

async function collect<M>(all: AsyncIterable<M>, count = Number.POSITIVE_INFINITY): Promise<M[]> {
  const found: M[] = [];
  for await (const one of all) {
    found.push(one);
    if (found.length === count) break;
  }
  return found;
}

describe("replaying", () => {
  it("starts at the first message, and continues live without a gap", async () => {
    await appendHits(1, 500);
    const found: number[] = [];
    for await (const { message, sequence, params: read } of replay(
      nats,
      hit,
      {},
      { from: "first" },
    )) {
      expect(sequence).toBe(message.n);
      expect(read).toEqual(params);
      found.push(message.n);
      if (found.length === 500) void appendHits(501, 1_000);
      if (found.length === 1_000) break;
    }
    expect(found).toEqual(numbers(1_000));
  });

  it("starts at a sequence, at a time, or with new messages", async () => {
    await appendHits(1, 10);
    // Until the server's clock has gone on.
    const timeOf = (sequence: number) => stored(sequence).then(({ time }) => time.getTime());
    let count = 10;
    do await appendHits(count + 1, ++count);
    while ((await timeOf(count)) === (await timeOf(10)));
    const time = new Date(await timeOf(count));
    const starting = async (from: From) =>
      (await collect(replay(nats, hit, {}, { live: false, from }))).map(({ message }) => message.n);
    expect(await starting({ sequence: 9 })).toEqual(numbers(count).slice(8));
    expect(await starting({ time })).toEqual([count]);
    expect(await starting("new")).toEqual([]);
    expect(await starting({ sequence: count + 1 })).toEqual([]);
  });

  it("starts at the first message with sequence 0 as with 1, and reports nothing for an empty stream", async () => {
    const errors: NatsError[] = [];
    const onError = (error: NatsError) => errors.push(error);
    const from = async (sequence: number) =>
      (await collect(replay(nats, hit, {}, { from: { sequence }, live: false, onError }))).length;
    expect([await from(0), await from(1)]).toEqual([0, 0]);
    await appendHits(1, 2);
    expect([await from(0), await from(1)]).toEqual([2, 2]);
    expect(errors).toEqual([]);
  });

  it("reports that the stream no longer has the sequence, and continues at its first message", async () => {
    await appendHits(1, 10);
    const manager = await jetstreamManager(peer);
    await manager.streams.purge("GAME", { seq: 6 });
    const errors: NatsError[] = [];
    const onError = (error: NatsError) => errors.push(error);
    const from = (sequence: number) =>
      collect(replay(nats, hit, {}, { from: { sequence }, live: false, onError }));
    expect((await from(3)).map(({ sequence }) => sequence)).toEqual([6, 7, 8, 9, 10]);
    expect(errors).toMatchObject([
      { code: "MISSING_SEQUENCE", sequence: 3, holds: { first: 6, last: 10 } },
    ]);
    expect(errors[0]!.message).toContain("3 to 5");
    expect(await from(6)).toHaveLength(5);
    expect(await from(11)).toHaveLength(0);
    expect(errors).toHaveLength(1);
  });

  it("reports that the stream has not reached the sequence, as after it was created again", async () => {
    await appendHits(1, 3);
    const errors: NatsError[] = [];
    const onError = (error: NatsError) => errors.push(error);
    const options = { from: { sequence: 99 }, live: false, onError } as const;
    expect(await collect(replay(nats, hit, {}, options))).toEqual([]);
    expect(errors).toMatchObject([
      { code: "MISSING_SEQUENCE", sequence: 99, holds: { first: 1, last: 3 } },
    ]);
  });

  it("reports messages removed while its consumer was gone", async () => {
    await appendHits(1, 5);
    let tell!: (error: NatsError) => void;
    const told = new Promise<NatsError>((resolve) => {
      tell = resolve;
    });
    const options = { from: "first", heartbeat: 100, onError: tell } as const;
    const all = replay(nats, hit, {}, options);
    await collect(take(all, 5));
    await deleteConsumers();
    await appendHits(6, 10);
    await (await jetstreamManager(peer)).streams.purge("GAME", { seq: 9 });
    const found = await collect(take(all, 2));
    expect(found.map(({ sequence }) => sequence)).toEqual([9, 10]);
    expect(await told).toMatchObject({ sequence: 6, holds: { first: 9, last: 10 } });
    all.end();
  });

  it("of new messages misses nothing if its consumer is lost before the first message", async () => {
    await appendHits(1, 3);
    const all = replay(nats, hit, {}, { from: "new", heartbeat: 100 });
    const first = all.next();
    await expect.poll(consumers).toHaveLength(1);
    await deleteConsumers();
    await appendHits(4, 4);
    expect((await first).value).toMatchObject({ sequence: 4 });
    all.end();
  });

  it("ends if the remaining messages are removed from the stream", async () => {
    const text = "x".repeat(100_000);
    for (const n of numbers(60)) await append(nats, chat, params, { text: `${n}${text}` });
    const manager = await jetstreamManager(peer);
    const all = replay(nats, chat, {}, { from: "first", live: false, heartbeat: 100 });
    await all.next();
    // It has gone ahead as far as it may, and stands still.
    await manager.streams.purge("GAME");
    expect((await collect(all)).length).toBeLessThan(59);
  });

  it("starts with the latest message of each subject", async () => {
    await appendHits(1, 3, "a");
    await appendHits(4, 5, "b");
    await append(nats, chat, params, { text: "not a hit" });
    const found = await collect(replay(nats, hit, {}, { from: "lastPerSubject" }), 2);
    expect(found.map(({ message, params: { player } }) => [player, message.n])).toEqual([
      ["a", 3],
      ["b", 5],
    ]);
  });

  it("reports the number of remaining messages, and yields many at a time", async () => {
    await appendHits(1, 2_500);
    const sizes: number[] = [];
    const found: number[] = [];
    let pending = Number.NaN;
    for await (const batch of replay(nats, hit, {}, { from: "first", live: false }).batches(400)) {
      sizes.push(batch.length);
      found.push(...batch.map(({ message }) => message.n));
      pending = batch.at(-1)!.pending;
    }
    expect(found).toEqual(numbers(2_500));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(400);
    expect(pending).toBe(0);
  });

  it("has no gap and no duplicate if the server is killed twice", async () => {
    await appendHits(1, 3_000);
    const found: number[] = [];
    const options = { from: "first", heartbeat: 100 } as const;
    for await (const { message } of replay(nats, hit, {}, options)) {
      found.push(message.n);
      if (found.length === 700 || found.length === 1_900) await broker.restart("SIGKILL");
      if (found.length === 3_000) void appendHits(3_001, 3_500);
      if (found.length === 3_500) break;
    }
    expect(found).toEqual(numbers(3_500));
  });

  it("continues if its consumer is deleted", async () => {
    await appendHits(1, 1_000);
    const found: number[] = [];
    const options = { from: "first", heartbeat: 100 } as const;
    for await (const { message } of replay(nats, hit, {}, options)) {
      found.push(message.n);
      if (found.length === 300) await deleteConsumers();
      if (found.length === 1_000) break;
    }
    expect(found).toEqual(numbers(1_000));
  });

  it("throws a named error if its stream is deleted or does not exist", async () => {
    await appendHits(1, 1);
    const all = replay(nats, hit, {}, { from: "first", heartbeat: 100 });
    await all.next();
    const manager = await jetstreamManager(peer);
    await manager.streams.delete("GAME");
    await expect(all.next()).rejects.toMatchObject({ code: "NO_STREAM" });
    await expect(replay(nats, hit, {}, { from: "first" }).next()).rejects.toMatchObject({
      code: "NO_STREAM",
    });
  });

  it("skips an unreadable message, and reports it", async () => {
    await jetstream(peer).publish("game.eu-1.7.hit", "{no json");
    await appendHits(2, 2);
    const errors: NatsError[] = [];
    const onError = (error: NatsError) => errors.push(error);
    const found = await collect(replay(nats, hit, {}, { from: "first", live: false, onError }));
    expect(found.map(({ sequence }) => sequence)).toEqual([2]);
    expect(errors.map(({ code }) => code)).toEqual(["DESERIALIZE"]);
  });

  it("ends by its signal, with the connection, and when the loop is left", async () => {
    const ending = new AbortController();
    const all = replay(nats, hit, {}, { from: "first", signal: ending.signal });
    const next = all.next();
    ending.abort(new Error("enough"));
    await expect(next).rejects.toThrow("enough");
    const own = new NatsConnection({ servers: broker.url });
    const live = replay(own, hit, {}, { from: "first" });
    await appendHits(1, 1);
    await live.next();
    const waiting = live.next();
    await own.close();
    expect((await waiting).done).toBe(true);
    await collect(replay(nats, hit, {}, { from: "first" }), 1);
    const manager = await jetstreamManager(peer);
    await expect
      .poll(async () => (await manager.streams.info("GAME")).state.consumer_count)
      .toBeLessThanOrEqual(1);
  });

  it("reads messages that are larger than one pull", async () => {
    await using large = await startBroker({ jetStream: true, config: "max_payload: 16MB" });
    await using own = new NatsConnection({ servers: large.url });
    await ensureStreams(own, [game]);
    const text = "x".repeat(9 * 1024 * 1024);
    for (const n of numbers(3)) await append(own, chat, params, { text: `${n}${text}` });
    const found = await collect(replay(own, chat, {}, { from: "first", live: false }));
    expect(found.map(({ message }) => message.text.length)).toEqual(
      numbers(3).map(() => text.length + 1),
    );
  });

  it("replays several channels of a stream in the stream's order", async () => {
    await append(nats, hit, params, { n: 1 });
    await append(nats, chat, params, { text: "hello" });
    await jetstream(peer).publish("game.of.another.kind", "x");
    await append(nats, hit, params, { n: 2 });
    const all = await collect(replayStream(nats, game, { from: "first", live: false }));
    expect(
      all.map((event) => (event.channel === "hit" ? event.message.n : event.message.text)),
    ).toEqual([1, "hello", 2]);
    const only = { from: "first", live: false, channels: ["chat"] } as const;
    expect(await collect(replayStream(nats, game, only))).toHaveLength(1);
  });

  it("replays one part of a stream by parameters, and requests no more", async () => {
    const asked: string[] = [];
    const own = peer.subscribe("$JS.API.CONSUMER.CREATE.>", {
      callback: (_, message) => void asked.push(message.subject.split(".").slice(6).join(".")),
    });
    for (const server of ["eu-1", "us-1"]) {
      await append(nats, hit, { server, player: "7" }, { n: 1 });
      await append(nats, chat, { server, player: "8" }, { text: "hello" });
    }
    const part = async (wanted: object) => {
      const found = await collect(
        replayStream(nats, game, { from: "first", live: false, ...wanted }),
      );
      return found.map(({ subject }) => subject);
    };
    expect(await part({ params: { server: "us-1" } })).toEqual([
      "game.us-1.7.hit",
      "game.us-1.8.chat",
    ]);
    expect(await part({ params: { server: "us-1", player: "8" } })).toEqual(["game.us-1.8.chat"]);
    expect(await part({ params: { server: "us-1" }, channels: ["hit"] })).toEqual([
      "game.us-1.7.hit",
    ]);
    await peer.flush();
    expect(asked).toEqual(["game.us-1.*.>", "game.us-1.8.>", "game.us-1.*.hit"]);
    own.unsubscribe();
  });
});

describe("an invalid replay", () => {
  it.each([
    ["a sequence in text, as databases give it", { from: { sequence: "12" } }],
    ["a sequence that is none", { from: { sequence: Number.NaN } }],
    ["a time that is none", { from: { time: new Date("never") } }],
    ["a place that there is not", { from: "last" }],
    ["no place", {}],
    ["no options", undefined],
    ["a heartbeat of nothing", { from: "first", heartbeat: 0 }],
  ])("is rejected: %s", (_, options) => {
    expect(() => replay(nats, hit, params, options as never)).toThrow(InvalidArgumentError);
    expect(() => replayStream(nats, game, options as never)).toThrow(InvalidArgumentError);
  });

  it.each([0, -1, 1.5, Number.NaN])("is rejected: batches of %s", (most) => {
    const all = replay(nats, hit, params, { from: "first" });
    expect(() => all.batches(most)).toThrow(InvalidArgumentError);
    all.end();
  });
});

describe("the latest message", () => {
  it("is found by its subject, with its sequence, time and headers", async () => {
    expect(await last(nats, hit, params)).toBeUndefined();
    await appendHits(1, 3);
    await append(nats, hit, params, { n: 4 }, { headers: { "Trace-Id": "t" } });
    const found = await last(nats, hit, params);
    expect(found).toMatchObject({ message: { n: 4 }, sequence: 4, stream: "GAME", params });
    // Beside the id with which it is appended.
    expect([...(found?.allHeaders ?? [])]).toEqual([
      ["Trace-Id", "t"],
      ["Nats-Msg-Id", expect.stringMatching(/^\w/)],
    ]);
    expect(Math.abs(found!.time.getTime() - Date.now())).toBeLessThan(60_000);
  });

  it("is found if the stream does not allow direct gets", async () => {
    const config = { name: "OLD", subjects: ["old.*.*.hit"], allowDirect: false };
    const manager = await jetstreamManager(peer);
    await manager.streams.delete("GAME");
    await ensureStreams(nats, [{ config: { ...config, subjects: ["game.>"] } }]);
    expect(await last(nats, hit, params)).toBeUndefined();
    await append(nats, hit, params, { n: 9 }, { headers: { "Trace-Id": "t" } });
    const found = await last(nats, hit, params);
    expect(found).toMatchObject({ message: { n: 9 }, sequence: 1 });
    expect(found?.allHeaders?.get("Trace-Id")).toBe("t");
  });

  it("of each subject is found by wildcards", async () => {
    await appendHits(1, 2, "a");
    await appendHits(3, 4, "b");
    const found = await lastPerSubject(nats, hit, { server: "eu-1" });
    expect(found.map(({ message }) => message.n)).toEqual([2, 4]);
    expect(await lastPerSubject(nats, hit, { server: "nowhere" })).toEqual([]);
  });

  it("is rejected for an unknown stream", async () => {
    await expect(last(nats, hit, params, { stream: "NOWHERE" })).rejects.toMatchObject({
      code: "NO_STREAM",
    });
    const wrong = last(nats, hit, params, { stream: "GAME.*" });
    await expect(wrong).rejects.toThrow(InvalidArgumentError);
  });
});
