import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { NatsConnection, type NatsError, PermissionViolationError } from "alternats";
import { append, appendBatch, consume, ensureStreams, last, replay } from "alternats/jetstream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Broker, startBroker } from "../support/broker.js";
import { chat, game, hit, numbers } from "./game.js";

const params = { server: "eu-1", player: "7" };

/** Users by what they may not publish on. */
const DENIED = {
  append: "game.>",
  names: "$JS.API.STREAM.NAMES",
  create: "$JS.API.CONSUMER.CREATE.>",
  read: ["$JS.API.CONSUMER.CREATE.>", "$JS.API.DIRECT.GET.>"],
  pull: "$JS.API.CONSUMER.MSG.NEXT.>",
  acknowledge: "$JS.ACK.>",
  flow: "$JS.FC.>",
  info: "$JS.API.CONSUMER.INFO.>",
  latest: "$JS.API.DIRECT.GET.>",
  any: "$JS.API.STREAM.MSG.GET.>",
  streams: "$JS.API.STREAM.INFO.>",
};

const users = Object.entries(DENIED)
  .map(
    ([name, subject]) =>
      `{ user: ${name}, password: p, permissions: { publish: { deny: ${JSON.stringify(subject)} } } }`,
  )
  .join("\n");

describe("a missing permission", () => {
  let broker: Broker;
  let admin: NatsConnection;

  beforeAll(async () => {
    broker = await startBroker({
      jetStream: true,
      config: `authorization { users = [ { user: admin, password: p }\n${users} ] }`,
    });
    admin = as("admin");
    await ensureStreams(admin, [game]);
    for (const n of numbers(3)) await append(admin, hit, params, { n });
    // More than is sent without a question of flow control.
    const text = "x".repeat(100_000);
    for (const n of numbers(60)) await append(admin, chat, params, { text: `${n}${text}` });
  });

  afterAll(async () => {
    await admin.close();
    await broker[Symbol.asyncDispose]();
  });

  /** A connection of a user, which reports nothing that somebody has got already. */
  function as(user: keyof typeof DENIED | "admin", reported: NatsError[] = []): NatsConnection {
    return new NatsConnection({
      servers: broker.url,
      authenticator: { user, pass: "p" },
      onError: (error) => reported.push(error),
    });
  }

  const options = { durable: "worker", stream: "GAME", heartbeat: 100 };
  const first = { from: "first", stream: "GAME" } as const;

  it("to append rejects the append, alone or in a batch", async () => {
    await using nats = as("append");
    await expect(append(nats, hit, params, { n: 1 })).rejects.toThrow(PermissionViolationError);
    const batch = appendBatch(nats, hit, [{ params, message: { n: 1 } }]);
    expect((await batch.next()).value?.error).toBeInstanceOf(PermissionViolationError);
  });

  it("to find the stream or to create a consumer ends workers and replays with the error", async () => {
    await using names = as("names");
    const nameless = consume(names, hit, {}, () => {}, { durable: "worker" });
    await expect(nameless).rejects.toThrow("$JS.API.STREAM.NAMES");
    await expect(replay(names, hit, {}, { from: "first" }).next()).rejects.toThrow("STREAM.NAMES");
    await using create = as("create");
    const worker = consume(create, hit, {}, () => {}, options);
    await expect(worker).rejects.toThrow(PermissionViolationError);
    // A replay then reads by direct gets.
    await using read = as("read");
    await expect(replay(read, hit, {}, first).next()).rejects.toThrow(PermissionViolationError);
  });

  it("to pull messages ends a worker with the error, and leaves nothing behind", async () => {
    const reported: NatsError[] = [];
    await using nats = as("pull", reported);
    const calls: unknown[] = [];
    const worker = consume(nats, hit, {}, (message) => void calls.push(message), options);
    await expect(worker).rejects.toMatchObject({
      code: "PERMISSION_VIOLATION",
      subject: "$JS.API.CONSUMER.MSG.NEXT.GAME.worker",
    });
    await nats.flush();
    expect(calls).toEqual([]);
    await expect.poll(() => nats.getStats().subscriptions).toBeLessThanOrEqual(1);
  });

  it("to acknowledge ends a worker at its first message with the error", async () => {
    await using nats = as("acknowledge");
    const errors: NatsError[] = [];
    const worker = await consume(nats, hit, {}, () => {}, {
      ...options,
      durable: "silent",
      onError: (error) => errors.push(error),
    });
    expect(await worker.closed).toMatchObject({
      code: "PERMISSION_VIOLATION",
      subject: expect.stringContaining("$JS.ACK.GAME.silent."),
    });
    expect(errors.map(({ code }) => code)).toEqual(["PERMISSION_VIOLATION"]);
  });

  it("that is revoked ends a running worker at its next pull", async () => {
    const own = (deny: string) => `authorization { users = [
      { user: admin, password: p, permissions: { publish: { deny: "${deny}" } } } ] }`;
    await using server = await startBroker({ jetStream: true, config: own("nothing") });
    await using nats = new NatsConnection({
      servers: server.url,
      authenticator: { user: "admin", pass: "p" },
      reconnectWait: 20,
      onError: () => {},
    });
    await ensureStreams(nats, [game]);
    let handled = 0;
    const worker = await consume(nats, hit, {}, () => void handled++, {
      ...options,
      maxBuffered: 1,
      // One that is missed on a busy machine would make it ask too soon.
      heartbeat: 500,
    });
    await server.reload(own("$JS.API.CONSUMER.MSG.NEXT.>"));
    // This one was asked for before.
    await append(nats, hit, params, { n: 1 });
    expect(await worker.closed).toMatchObject({ code: "PERMISSION_VIOLATION" });
    expect(handled).toBe(1);
  });

  it("to answer flow control is thrown by a replay with many messages", async () => {
    await using nats = as("flow");
    const read = async () => {
      let count = 0;
      for await (const _ of replay(nats, chat, {}, { ...first, live: false })) count++;
      return count;
    };
    await expect(read()).rejects.toThrow("$JS.FC.GAME.");
  });

  it("to read a stream's state is thrown by a replay that needs it", async () => {
    await using own = await startBroker({
      jetStream: true,
      config: `authorization { users = [ { user: admin, password: p }\n${users} ] }`,
    });
    const peer = await connect({ servers: own.url, user: "admin", pass: "p" });
    await using nats = new NatsConnection({
      servers: own.url,
      authenticator: { user: "info", pass: "p" },
      onError: () => {},
    });
    try {
      await ensureStreams(nats, [game]);
      const text = "x".repeat(100_000);
      for (const n of numbers(60)) await append(nats, chat, params, { text: `${n}${text}` });
      const all = replay(nats, chat, {}, { ...first, live: false, heartbeat: 100 });
      await all.next();
      await (await jetstreamManager(peer)).streams.purge("GAME");
      const rest = (async () => {
        for await (const _ of all);
      })();
      await expect(rest).rejects.toThrow("$JS.API.CONSUMER.INFO.GAME.");
    } finally {
      await peer.close();
    }
  });

  it("to get a message rejects the lookup, and to see streams rejects ensuring them", async () => {
    await using latest = as("latest");
    await expect(last(latest, hit, params, { stream: "GAME" })).rejects.toThrow("DIRECT.GET");
    // Any message of a stream may be asked for by those who may read them all.
    await using any = as("any");
    await expect(last(any, hit, params, { stream: "GONE" })).rejects.toMatchObject({
      code: "NO_STREAM",
      cause: { code: "PERMISSION_VIOLATION" },
    });
    await using streams = as("streams");
    await expect(ensureStreams(streams, [game])).rejects.toThrow("$JS.API.STREAM.INFO.GAME");
    // Where nothing is known of what the stream holds, a replay says nothing of it.
    const rest = replay(streams, hit, {}, { ...first, from: { sequence: 999 }, live: false });
    expect((await rest.next()).done).toBe(true);
  });
});
