import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect, type NatsConnection as Peer } from "@nats-io/transport-node";
import { NatsConnection, type NatsOptions } from "alternats";
import {
  ensureStreams,
  lastPerSubject,
  type Replay,
  type ReplayOptions,
  replay,
  replayStream,
} from "alternats/jetstream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Broker, startBroker } from "../support/broker.js";
import { serverSince } from "../support/server-version.js";
import { game, hit, numbers } from "./game.js";

/**
 * The platform's account with the stream, and an account for a public viewer that imports direct gets of it and the live
 * events. Everybody may have the viewer's credentials.
 */
const config = `accounts {
  APP {
    jetstream: enabled
    users: [ { user: app, password: a } ]
    exports: [
      { service: "$JS.API.DIRECT.GET.GAME", response_type: stream }
      { service: "$JS.API.STREAM.INFO.GAME" }
      { stream: "live.>" }
    ]
  }
  PUBLIC {
    users: [ { user: viewer, password: v, permissions: {
      publish: ["$JS.APP.API.DIRECT.GET.GAME", "$JS.APP.API.STREAM.INFO.GAME"]
      subscribe: ["_INBOX.>", "game.>"]
    } } ]
    imports: [
      { service: { account: APP, subject: "$JS.API.DIRECT.GET.GAME" }, to: "$JS.APP.API.DIRECT.GET.GAME" }
      { service: { account: APP, subject: "$JS.API.STREAM.INFO.GAME" }, to: "$JS.APP.API.STREAM.INFO.GAME" }
      { stream: { account: APP, subject: "live.game.>" }, to: "game.>" }
    ]
  }
}`;

let broker: Broker;
let app: NatsConnection;
let peer: Peer;
const open: AsyncDisposable[] = [];

function enter(user: string, password: string, options: NatsOptions = {}): NatsConnection {
  const nats = new NatsConnection({
    servers: broker.url,
    authenticator: { user, pass: password },
    reconnectWait: 20,
    onError: () => {},
    ...options,
  });
  open.push(nats);
  return nats;
}

const visit = (): NatsConnection => enter("viewer", "v");

beforeEach(async () => {
  broker = await startBroker({ jetStream: true, config });
  app = enter("app", "a");
  await ensureStreams(app, [game]);
  peer = await connect({ servers: broker.url, user: "app", pass: "a" });
  const manager = await jetstreamManager(peer);
  const info = await manager.streams.info("GAME");
  await manager.streams.update("GAME", {
    ...info.config,
    republish: { src: ">", dest: "live.>" },
  });
});

afterEach(async () => {
  for (const nats of open.splice(0)) await nats[Symbol.asyncDispose]();
  await peer.close();
  await broker[Symbol.asyncDispose]();
});

/** Stores hits with the official client. */
async function store(from: number, count: number, player = "7"): Promise<void> {
  const client = jetstream(peer);
  for (const n of numbers(count)) {
    await client.publish(`game.eu-1.${player}.hit`, JSON.stringify({ n: from + n - 1 }));
  }
}

async function take(messages: Replay<{ readonly message: { readonly n: number } }>, count: number) {
  const found: number[] = [];
  for await (const { message } of messages) {
    found.push(message.n);
    if (found.length === count) break;
  }
  return found;
}

const series = (from: number, count: number) => numbers(count).map((n) => from + n - 1);
/** Place of the stream, as the viewer's account imports it. */
const outside = { domain: "APP", stream: "GAME" } as const;

async function consumers(): Promise<number> {
  const { state } = await (await jetstreamManager(peer)).streams.info("GAME");
  return state.consumer_count;
}

describe.skipIf(!serverSince("2.11"))("replay by direct gets", () => {
  it.each<[string, ReplayOptions["from"], number]>([
    ["from the first message", "first", 1],
    ["from a sequence", { sequence: 900 }, 900],
    ["from a time long ago", { time: new Date(0) }, 1],
  ])("reads all messages and ends, %s", async (_, from, first) => {
    await store(1, 1_234);
    const messages = replay(app, hit, {}, { from, live: false, direct: true });
    const found: number[] = [];
    let pending = -1;
    for await (const { message, pending: left, stream, params, sequence } of messages) {
      expect([stream, params, sequence]).toEqual([
        "GAME",
        { server: "eu-1", player: "7" },
        message.n,
      ]);
      found.push(message.n);
      pending = left;
    }
    expect(found).toEqual(series(first, 1_235 - first));
    expect(pending).toBe(0);
    expect(await consumers()).toBe(0);
  });

  it("ends at once if there is nothing to read", async () => {
    expect(
      await take(replay(app, hit, {}, { from: "first", live: false, direct: true }), 1),
    ).toEqual([]);
    await store(1, 3);
    const none = replay(app, hit, { player: "8" }, { from: "first", live: false, direct: true });
    expect(await take(none, 1)).toEqual([]);
  });

  it("filters, steps over removed messages, and reports a missing start", async () => {
    await store(1, 10);
    await store(11, 10, "8");
    await store(21, 10);
    const manager = await jetstreamManager(peer);
    for (const seq of [1, 2, 5, 22]) await manager.streams.deleteMessage("GAME", seq);
    const errors: unknown[] = [];
    const messages = replay(
      app,
      hit,
      { player: "7" },
      { from: { sequence: 1 }, live: false, direct: true, onError: (error) => errors.push(error) },
    );
    const left = [3, 4, 6, 7, 8, 9, 10, 21, 23, 24, 25, 26, 27, 28, 29, 30];
    expect(await take(messages, 99)).toEqual(left);
    expect(errors).toMatchObject([{ code: "MISSING_SEQUENCE", sequence: 1 }]);
  });

  it("ends if nothing matches from a sequence on", async () => {
    await store(1, 5);
    const options = { from: { sequence: 1 }, live: false, direct: true } as const;
    expect(await take(replay(app, hit, { player: "8" }, options), 1)).toEqual([]);
  });

  it("reads the latest message of more subjects than one request reads messages", async () => {
    for (const n of numbers(900)) peer.publish(`game.eu-1.${n}.hit`, JSON.stringify({ n }));
    await peer.flush();
    const options = { from: "lastPerSubject", live: false, direct: true } as const;
    expect(await take(replay(app, hit, {}, options), 901)).toEqual(series(1, 900));
  });

  it("from a time after the last message, reads only what comes then", async () => {
    await store(1, 5);
    const from = { time: new Date(Date.now() + 300) };
    const messages = replay(app, hit, {}, { from, direct: true, heartbeat: 100 });
    const next = messages.next();
    // Several looks find nothing.
    await new Promise((resolve) => setTimeout(resolve, 600));
    await store(6, 1);
    expect((await next).value?.message.n).toBe(6);
    messages.end();
  });

  it("leaves nothing behind when it ends before it has begun", async () => {
    await store(1, 5);
    const timers = () =>
      process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
    const before = timers();
    for (let turns = 0; turns < 12; turns++) {
      const messages = replay(app, hit, {}, { from: "first", direct: true });
      const next = messages.next();
      for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate);
      messages.end();
      await next;
    }
    await app.flush();
    // Besides those of the connection and of the poll itself.
    await expect.poll(timers, { timeout: 10_000 }).toBeLessThanOrEqual(before + 3);
    // The inbox of requests stays.
    await expect
      .poll(() => app.getStats().subscriptions, { timeout: 10_000 })
      .toBeLessThanOrEqual(1);
  });

  it("goes on with new messages, also while the server is restarted", async () => {
    await store(1, 5);
    const messages = replay(app, hit, {}, { from: "first", direct: true });
    const found: number[] = [];
    while (found.length < 5) found.push((await messages.next()).value!.message.n);
    await store(6, 5);
    while (found.length < 10) found.push((await messages.next()).value!.message.n);
    expect(found).toEqual(series(1, 10));
    await broker.restart("SIGKILL");
    await peer.close();
    peer = await connect({ servers: broker.url, user: "app", pass: "a" });
    await store(11, 5);
    while (found.length < 15) found.push((await messages.next()).value!.message.n);
    expect(found).toEqual(series(1, 15));
    messages.end();
  });

  it("starts with new messages only, or with the latest of each subject", async () => {
    await store(1, 3);
    await store(4, 3, "8");
    const fresh = replay(app, hit, {}, { from: "new", direct: true });
    const latest = replay(app, hit, {}, { from: "lastPerSubject", direct: true });
    expect([
      (await latest.next()).value?.message.n,
      (await latest.next()).value?.message.n,
    ]).toEqual([3, 6]);
    // It may begin at any time after its creation.
    const first = fresh.next();
    let n = 7;
    let begun = false;
    void first.then(() => {
      begun = true;
    });
    while (!begun) await store(n++, 1);
    const value = (await first).value!.message.n;
    expect(value).toBeGreaterThan(6);
    expect((await latest.next()).value?.message.n).toBe(7);
    fresh.end();
    latest.end();
  });

  it("reads several channels of a stream", async () => {
    await store(1, 700);
    const client = jetstream(peer);
    await client.publish("game.eu-1.7.chat", JSON.stringify({ text: "hi" }));
    const found: string[] = [];
    for await (const event of replayStream(app, game, {
      from: "first",
      live: false,
      direct: true,
    })) {
      found.push(event.channel);
    }
    expect(found.length).toBeGreaterThanOrEqual(700);
    expect(found.filter((each) => each === "hit")).toHaveLength(700);
  });

  it("names a stream that is missing, and one that does not allow direct gets", async () => {
    const missing = replay(app, hit, {}, { from: "first", stream: "NOBODY", direct: true });
    await expect(missing.next()).rejects.toMatchObject({ code: "NO_STREAM" });
    const manager = await jetstreamManager(peer);
    const { config: known } = await manager.streams.info("GAME");
    await manager.streams.update("GAME", { ...known, allow_direct: false });
    const closed = replay(app, hit, {}, { from: "first", direct: true });
    await expect(closed.next()).rejects.toThrow("allowDirect");
  });
});

describe.skipIf(!serverSince("2.11"))("a public viewer, in an account of its own", () => {
  it("replays and listens without an option, because it may not create consumers", async () => {
    await store(1, 20);
    const messages = replay(visit(), hit, {}, { ...outside, from: "first" });
    const found: number[] = [];
    while (found.length < 20) found.push((await messages.next()).value!.message.n);
    await store(21, 5);
    while (found.length < 25) found.push((await messages.next()).value!.message.n);
    expect(found).toEqual(series(1, 25));
    messages.end();
    expect(await consumers()).toBe(0);
  });

  it("reads the latest message of each subject", async () => {
    await store(1, 3);
    await store(4, 3, "8");
    const found = await lastPerSubject(visit(), hit, {}, outside);
    expect(found.map(({ message }) => message.n)).toEqual([3, 6]);
  });

  it("shares its credentials with fifty visitors, each of whom has its own position", async () => {
    await store(1, 300);
    const visitors = numbers(50).map(async (i) => {
      const from = { sequence: i * 4 };
      return take(replay(visit(), hit, {}, { ...outside, from }), 60);
    });
    for (const [i, found] of (await Promise.all(visitors)).entries()) {
      expect(found).toEqual(series((i + 1) * 4, 60));
    }
    expect(await consumers()).toBe(0);
  });

  it("runs two replays in one program", async () => {
    await store(1, 300);
    const nats = visit();
    const [all, late] = await Promise.all([
      take(replay(nats, hit, {}, { ...outside, from: "first" }), 300),
      take(replay(nats, hit, {}, { ...outside, from: { sequence: 200 } }), 101),
    ]);
    expect(all).toEqual(series(1, 300));
    expect(late).toEqual(series(200, 101));
  });
});
