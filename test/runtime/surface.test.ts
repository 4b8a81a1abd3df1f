import { connect, type NatsConnection as Peer } from "@nats-io/transport-node";
import {
  BatchError,
  type NatsConnection as Connection,
  consoleLogger,
  InvalidArgumentError,
  InvalidSubjectError,
  type NatsCommand,
  NatsConnection,
  NatsConnectionPool,
  type NatsError,
  NatsKey,
  type NatsMessage,
  NatsShardingConnection,
  TimeoutError,
  ValidationError,
} from "alternats";
import { firstValueFrom, from, map, take, toArray } from "rxjs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { xxHash32 } from "../../runtime/src/pool/xxhash32.ts";
import { type Broker, startBroker } from "../support/broker.js";
import { startFakeServer } from "../support/fake-server.js";

let broker: Broker;
let nats: Connection;
let peer: Peer;

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

/** Texts of the messages that the official client gets on a subject. */
async function heardByPeer(subject: string): Promise<string[]> {
  const heard: string[] = [];
  peer.subscribe(subject, {
    callback: (_, message) => void heard.push(`${message.subject} ${message.string()}`),
  });
  await peer.flush();
  return heard;
}

describe("a batch", () => {
  it("is published whole and in order, from any iterable", async () => {
    const heard = await heardByPeer("batch.>");
    function* items(): Generator<readonly [NatsKey | string, unknown?]> {
      yield [new NatsKey("batch.a"), { n: 1 }];
      yield ["batch.b"];
      yield ["batch.c", new Uint8Array([120])];
    }
    await nats.publishBatch(items());
    nats.postBatch(new Map([["batch.d", 4]]));
    await nats.flush();
    await peer.flush();
    expect(heard).toEqual(['batch.a {"n":1}', "batch.b ", "batch.c x", "batch.d 4"]);
  });

  it("of several chunks is published whole and in order", async () => {
    const heard = await heardByPeer("large.batch");
    const items = Array.from({ length: 20_000 }, (_, i) => ["large.batch", i] as const);
    await nats.publishBatch(items);
    await nats.flush();
    await peer.flush();
    expect(heard).toEqual(items.map(([subject, i]) => `${subject} ${i}`));
  });

  it.each([0, 1, 5_000])(
    "of which item %i fails is not sent at all, and says which",
    async (bad) => {
      const subject = `bad.batch.${bad}`;
      const heard = await heardByPeer(subject);
      nats.post(subject, "before");
      const items = Array.from({ length: 5_001 }, (_, i) => [
        i === bad ? "a b" : subject,
        "x".repeat(50),
      ]) as [string, string][];
      const publishing = nats.publishBatch(items);
      await expect(publishing).rejects.toThrow(BatchError);
      await expect(publishing).rejects.toMatchObject({ index: bad, code: "BATCH" });
      await expect(publishing).rejects.toThrow(`Message ${bad} of the batch failed`);
      expect(() => nats.postBatch(items)).toThrow(BatchError);
      nats.post(subject, "after");
      await nats.flush();
      await peer.flush();
      expect(heard).toEqual([`${subject} "before"`, `${subject} "after"`]);
    },
  );

  it("whose iterable throws is not sent either", async () => {
    const heard = await heardByPeer("thrown.batch");
    function* items(): Generator<readonly [string, number]> {
      yield ["thrown.batch", 1];
      throw new RangeError("no more");
    }
    expect(() => nats.postBatch(items())).toThrow("Message 1 of the batch failed");
    await nats.flush();
    await peer.flush();
    expect(heard).toEqual([]);
  });
});

describe("publish that waits", () => {
  it("gives up at its timeout or signal, without losing the message", async () => {
    const own = await startBroker();
    const slow = new NatsConnection({ servers: own.url, onError: () => {} });
    await slow.connect();
    await own.pause();
    const payload = new Uint8Array(1 << 19);
    let sent = 0;
    const fill = async (): Promise<void> => {
      for (;;) {
        await slow.publish("fill", payload, { timeout: 100 });
        sent++;
      }
    };
    await expect(fill()).rejects.toThrow(TimeoutError);
    const controller = new AbortController();
    const waiting = slow.publish("fill", payload, { signal: controller.signal });
    controller.abort(new Error("no longer"));
    await expect(waiting).rejects.toThrow("no longer");
    expect(slow.getStats().pendingBytes).toBeGreaterThan(1 << 20);
    own.resume();
    await slow.flush();
    expect(slow.getStats()).toMatchObject({ pendingBytes: 0, sentMessages: sent + 2 });
    await slow.close();
    await own[Symbol.asyncDispose]();
  });

  it("is not even begun with a signal that is aborted already, or a timeout that is none", async () => {
    await expect(nats.publish("x", 1, { timeout: -1 })).rejects.toThrow(InvalidArgumentError);
    await expect(nats.publish("x", 1, { signal: AbortSignal.abort() })).rejects.toThrow("aborted");
  });
});

describe("concurrency", () => {
  it("runs so many handlers at a time, begun in order, and awaits them", async () => {
    const begun: number[] = [];
    let running = 0;
    let most = 0;
    let finish = () => {};
    const done = new Promise<void>((resolve) => {
      finish = resolve;
    });
    await nats.subscribe<number>(
      "concurrent",
      async (value) => {
        begun.push(value);
        most = Math.max(most, ++running);
        await nats.ping();
        running--;
        if (value === 99) finish();
      },
      { concurrency: 4 },
    );
    for (let i = 0; i < 100; i++) peer.publish("concurrent", String(i));
    await done;
    expect(begun).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect(most).toBe(4);
  });

  it("keeps handlers off the read loop", async () => {
    const order: string[] = [];
    let finish = () => {};
    const done = new Promise<void>((resolve) => {
      finish = resolve;
    });
    await nats.subscribe<number>(
      "off.loop",
      (value) => {
        order.push(`handler ${value}`);
        if (value === 1) finish();
      },
      { concurrency: 1 },
    );
    await nats.listen("off.loop", () => order.push("read"));
    peer.publish("off.loop", "0");
    peer.publish("off.loop", "1");
    await done;
    expect(order).toEqual(["read", "read", "handler 0", "handler 1"]);
  });

  it("pauses the connection when its queue is full, and loses nothing", async () => {
    const reader = new NatsConnection({ servers: broker.url });
    let expected = 0;
    let finish = () => {};
    const done = new Promise<void>((resolve) => {
      finish = resolve;
    });
    await reader.subscribe<number>(
      "full.queue",
      async (value) => {
        expect(value).toBe(expected++);
        await new Promise(setImmediate);
        if (expected === 3_000) finish();
      },
      { concurrency: 1, maxBuffered: 16 },
    );
    for (let i = 0; i < 3_000; i++) peer.publish("full.queue", String(i));
    await done;
    await reader.close();
  });

  it("drops when it is told to, counts and reports", async () => {
    const errors: NatsError[] = [];
    const got: number[] = [];
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    await nats.subscribe<number>(
      "drop.queue",
      async (value) => {
        got.push(value);
        await gate;
      },
      {
        concurrency: 1,
        maxBuffered: 2,
        whenFull: "dropNewest",
        onError: (error) => errors.push(error),
      },
    );
    for (let i = 0; i < 10; i++) peer.publish("drop.queue", String(i));
    await peer.flush();
    await nats.flush();
    await nats.flush();
    open();
    await nats.flush();
    expect(got.length).toBeLessThan(10);
    expect(got.slice(0, 2)).toEqual([0, 1]);
    expect(errors[0]).toMatchObject({ code: "MESSAGES_DROPPED" });
  });

  it.each([-1, 1.5, Number.NaN])("refuses %s", async (concurrency) => {
    await expect(nats.subscribe("x", () => {}, { concurrency })).rejects.toThrow(
      InvalidArgumentError,
    );
  });
});

describe("a schema", () => {
  const Chat = z.object({ text: z.string(), rank: z.number().default(0) });

  it("checks what arrives: only what passes is delivered, as the schema made it", async () => {
    const errors: NatsError[] = [];
    const got: unknown[] = [];
    await nats.subscribe("checked", (chat) => void got.push(chat), {
      schema: Chat,
      onError: (error) => errors.push(error),
    });
    peer.publish("checked", '{"text":1}');
    peer.publish("checked", '{"text":"hi"}');
    await peer.flush();
    await nats.flush();
    expect(got).toEqual([{ text: "hi", rank: 0 }]);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toBeInstanceOf(ValidationError);
    expect(errors[0]).toMatchObject({ subject: "checked", code: "VALIDATION" });
    expect(errors[0]?.message).toContain("text: ");
  });

  it("may be asynchronous, and may throw", async () => {
    const errors: NatsError[] = [];
    const got: unknown[] = [];
    const schema = z.string().refine(async (text) => {
      await nats.ping();
      return text !== "bad";
    });
    const validate = () => {
      throw new Error("boom");
    };
    const throwing = { "~standard": { version: 1 as const, vendor: "test", validate } };
    const onError = (error: NatsError) => errors.push(error);
    await nats.subscribe("checked.late", (text) => void got.push(text), { schema, onError });
    await nats.subscribe("checked.never", () => void got.push("never"), {
      schema: throwing,
      onError,
    });
    peer.publish("checked.never", "1");
    for (const text of ["good", "bad"]) peer.publish("checked.late", `"${text}"`);
    await peer.flush();
    for (let i = 0; i < 4; i++) await nats.ping();
    expect(got).toEqual(["good"]);
    expect(errors.map((error) => error.code)).toEqual(["DESERIALIZE", "VALIDATION"]);
  });

  it("answers a request that does not pass with a service error 400", async () => {
    await nats.respond("checked.ask", ({ text }) => text, { schema: Chat, onError: () => {} });
    expect((await peer.request("checked.ask", '{"text":"yes"}')).json()).toBe("yes");
    const refused = await peer.request("checked.ask", "{}");
    expect(refused.headers?.get("Nats-Service-Error-Code")).toBe("400");
  });
});

describe("observe", () => {
  it("gives an observable that RxJS takes", async () => {
    const values = firstValueFrom(
      from(nats.observe<number>("observed.*")).pipe(
        map(({ value, subject }: NatsMessage<number>) => `${subject} ${value}`),
        take(3),
        toArray(),
      ),
    );
    await nats.flush();
    for (let i = 0; i < 5; i++) peer.publish(`observed.${i}`, String(i));
    expect(await values).toEqual(["observed.0 0", "observed.1 1", "observed.2 2"]);
  });

  it("subscribes for each observer, and tells of failure and end", async () => {
    const before = nats.getStats().subscriptions;
    const observable = nats.observe<number>("observed.twice");
    const first = observable.subscribe(() => {});
    const second = observable.subscribe({});
    await nats.flush();
    expect(nats.getStats().subscriptions).toBe(before + 2);
    first.unsubscribe();
    second.unsubscribe();
    await nats.flush();
    expect(nats.getStats().subscriptions).toBe(before);
    await expect(firstValueFrom(from(nats.observe("a b")))).rejects.toThrow(InvalidSubjectError);

    const short = new NatsConnection({ servers: broker.url });
    const ended = new Promise<void>((resolve) => {
      short.observe("observed.end").subscribe({ complete: resolve });
    });
    await short.flush();
    await short.close();
    await ended;
  });

  it("fails with the reason for which the subscription ended", async () => {
    const errors: NatsError[] = [];
    const options = { timeout: 20, onError: (error: NatsError) => void errors.push(error) };
    const observed = nats.observe("observed.late", options);
    await expect(firstValueFrom(from(observed))).rejects.toThrow(TimeoutError);
  });

  it("survives observers that throw, and tells the error handler of them", async () => {
    const errors: NatsError[] = [];
    const short = new NatsConnection({
      servers: broker.url,
      onError: (error) => void errors.push(error),
    });
    const boom = () => {
      throw new Error("boom");
    };
    short.observe("observed.x").subscribe({ next: boom, complete: boom });
    short.observe("a b").subscribe({ error: boom });
    await short.flush();
    await short.publish("observed.x", 1);
    await short.flush();
    await short.close();
    await short.closed();
    await new Promise(setImmediate);
    expect(errors.map(({ code, message }) => `${code} ${message}`)).toEqual([
      'HANDLER An observer of "a b" failed: boom',
      'HANDLER The handler of "observed.x" failed: boom',
      'HANDLER An observer of "observed.x" failed: boom',
    ]);
  });

  it("tells the error handler where an observer has no method for errors", async () => {
    const errors: NatsError[] = [];
    nats.observe("a b", { onError: (error) => void errors.push(error) }).subscribe(() => {});
    await nats.flush();
    expect(errors).toEqual([expect.any(InvalidSubjectError)]);
    expect(() => nats.observe("x").subscribe(5 as unknown as () => void)).toThrow(
      InvalidArgumentError,
    );
  });
});

describe("writeDirect", () => {
  it("writes the protocol as it is: bytes once, text with a line end as often as asked", async () => {
    const heard = await heardByPeer("direct");
    nats.writeDirect(new TextEncoder().encode("PUB direct 2\r\nhi\r\n"));
    nats.writeDirect("PUB direct 3\r\nyou", 3);
    await nats.flush();
    await peer.flush();
    expect(heard).toEqual(["direct hi", "direct you", "direct you", "direct you"]);
  });
});

describe("statistics", () => {
  it("are what the server counts (X1)", async () => {
    const own = await startBroker({ monitoring: true });
    const counted = new NatsConnection({ servers: own.url, name: "counted" });
    await counted.subscribe("stats", () => {});
    for (let i = 0; i < 1_000; i++) counted.post("stats", "x".repeat(100));
    await counted.flush();
    const { connections } = (await (await fetch(`${own.monitoringUrl}/connz`)).json()) as {
      connections: { in_msgs: number; out_msgs: number; in_bytes: number; name: string }[];
    };
    const [seen] = connections;
    const stats = counted.getStats();
    expect(seen).toMatchObject({ name: "counted", in_msgs: stats.sentMessages, out_msgs: 1_000 });
    expect(stats).toMatchObject({
      sentMessages: 1_000,
      receivedMessages: 1_000,
      subscriptions: 1,
      pendingBytes: 0,
      pendingMessages: 0,
      reconnects: 0,
      dropped: 0,
    });
    // 1,000 times "PUB stats " + size field + CR LF + 102 bytes of JSON + CR LF, and a few more.
    expect(stats.sentBytes).toBeGreaterThan(1_000 * (10 + 3 + 2 + 102 + 2));
    expect(stats.receivedBytes).toBeGreaterThan(1_000 * 100);
    await counted.close();
    await own[Symbol.asyncDispose]();
  });
});

describe("events", () => {
  it("tell of connections that come and go, with what is in doubt", async () => {
    const own = await startBroker();
    const events: string[] = [];
    const lines: string[] = [];
    const log = (_: object, message: string) => void lines.push(message);
    const watched = new NatsConnection({
      servers: own.url,
      onError: (error) => events.push(`error ${error.code}`),
      reconnectWait: 10,
      reconnectJitter: 0,
      logger: { trace: log, debug: log, info: log, warn: log, error: log },
    });
    let again = () => {};
    const back = new Promise<void>((resolve) => {
      again = resolve;
    });
    let failed = () => {};
    const failure = new Promise<void>((resolve) => {
      failed = resolve;
    });
    watched
      .on("opened", ({ server, reconnected, inDoubt }) => {
        events.push(`opened ${server === own.url} ${reconnected} ${inDoubt}`);
        if (reconnected) again();
        throw new Error("a listener may fail");
      })
      .on("disconnected", ({ server, error }) =>
        events.push(`disconnected ${server === own.url} ${error.message.includes(own.url)}`),
      )
      .on("reconnectFailed", () => failed());
    const removed = () => events.push("never");
    watched.on("opened", removed).off("opened", removed);
    await watched.connect();
    for (let i = 0; i < 3; i++) watched.post("doubt", i);
    await own.stop("SIGKILL");
    await failure;
    await own.start();
    await back;
    expect(events).toEqual([
      "opened true false 0",
      "error HANDLER",
      "disconnected true true",
      "error MESSAGES_IN_DOUBT",
      "opened true true 3",
      "error HANDLER",
    ]);
    expect(lines[0]).toBe("connected");
    expect(lines).toContain("disconnected");
    expect(lines).toContain("could not connect");
    expect(watched.getStats().reconnects).toBe(1);
    await watched.close();
    await own[Symbol.asyncDispose]();
  });

  it("ask before connecting, and go where the answer says", async () => {
    const asked: string[] = [];
    const sent = new NatsConnection({
      servers: "nats://not.a.host:1",
      onConnecting: async (host, port) => {
        asked.push(`${host}:${port}`);
        return { host: "127.0.0.1", port: broker.port };
      },
    });
    await sent.connect();
    expect(asked).toEqual(["not.a.host:1"]);
    await sent.close();

    const refused = new NatsConnection({
      servers: broker.url,
      onConnecting: () => {
        throw new Error("not healthy");
      },
    });
    await expect(refused.connect()).rejects.toThrow("not healthy");

    const stuck = new NatsConnection({
      servers: broker.url,
      connectTimeout: 50,
      onConnecting: () => new Promise(() => {}),
    });
    await expect(stuck.connect()).rejects.toThrow("no answer within 50 ms");
  });
});

describe("the console logger", () => {
  it("knows its levels", () => {
    expect(() => consoleLogger("warning" as "warn")).toThrow('not "warning"');
  });

  it("writes lines from its level on", () => {
    const lines: string[] = [];
    const { warn, info } = console;
    console.warn = (line: string) => lines.push(line);
    console.info = (line: string) => lines.push(line);
    try {
      const logger = consoleLogger("warn");
      logger.info({}, "no");
      logger.warn({}, "yes");
    } finally {
      Object.assign(console, { warn, info });
    }
    expect(lines).toEqual(["alternats warn: yes"]);
  });
});

describe("a pool", () => {
  it("takes turns, names its connections and configures each", async () => {
    const configured: number[] = [];
    const pool = new NatsConnectionPool({
      servers: broker.url,
      poolSize: 4,
      name: "pool",
      configureConnection: (_, index) => configured.push(index),
    });
    const turns = Array.from({ length: 5 }, () => pool.getConnection());
    expect(new Set(turns.slice(0, 4))).toEqual(new Set(pool.getConnections()));
    expect(turns[4]).toBe(turns[0]);
    expect(pool.getCommand()).toBe(turns[1]);
    expect(pool.getConnections().map(({ options }) => options.name)).toEqual([
      "pool#0",
      "pool#1",
      "pool#2",
      "pool#3",
    ]);
    expect(configured).toEqual([0, 1, 2, 3]);

    const heard = await heardByPeer("pooled");
    await pool.connect();
    for (let i = 0; i < 100; i++) await pool.publish("pooled", i);
    await pool.flush();
    await peer.flush();
    expect(heard).toHaveLength(100);
    expect(pool.getConnections().map((one) => one.getStats().sentMessages)).toEqual([
      25, 25, 25, 25,
    ]);
    await pool.respond<number, number>("pooled.double", (value) => 2 * value);
    expect(await pool.request("pooled.double", 21)).toBe(42);
    expect(await pool.ping()).toBeGreaterThan(0);
    await pool.close();
  });

  it("has at least one connection", () => {
    expect(new NatsConnectionPool().getConnections().length).toBeGreaterThan(0);
    expect(() => new NatsConnectionPool({ poolSize: 0 })).toThrow(InvalidArgumentError);
  });
});

describe("shards", () => {
  // AlterNats' own hashes of these keys, and so their places on three servers.
  it.each([
    ["foo", 0x6f12d56b],
    ["bar", 0x7158fff5],
    ["baz", 0xa24415fc],
    ["foobarbaz", 0x9259c46b],
  ])("hash %j as AlterNats does", (key, hash) => {
    expect(xxHash32(key)).toBe(hash);
  });

  it("send a key to its server, by each command", async () => {
    const brokers = await Promise.all([startBroker(), startBroker(), startBroker()]);
    const heard: string[] = [];
    const peers = await Promise.all(
      brokers.map(async ({ url }, index) => {
        const one = await connect({ servers: url });
        one.subscribe(">", {
          callback: (_, message) => void heard.push(`${index} ${message.subject}`),
        });
        await one.flush();
        return one;
      }),
    );
    const shards = new NatsShardingConnection({ servers: brokers.map(({ url }) => url) });
    await shards.connect();
    expect(shards.getConnections()).toHaveLength(3);
    await shards.publish("foo", 1);
    shards.post(new NatsKey("foobarbaz"), 1);
    await shards.publishBatch([
      ["bar", 1],
      ["baz", 1],
      ["foobarbaz", 1],
    ]);
    await shards.flush();
    for (const one of peers) await one.flush();
    // The hashes above modulo 3
    expect(heard.sort()).toEqual(["1 foobarbaz", "1 foobarbaz", "2 bar", "2 baz", "2 foo"]);

    await shards.respond<number, number>("foobarbaz", (value) => value * value);
    expect(await shards.request("foobarbaz", 100)).toBe(10_000);
    for (const call of [
      () => shards.publish("a.*", 1),
      () => shards.subscribe("a.>", () => {}),
      () => shards.request("*", 1),
    ]) {
      await expect(call()).rejects.toThrow(InvalidSubjectError);
    }
    await shards.close();
    for (const one of peers) await one.close();
    for (const one of brokers) await one[Symbol.asyncDispose]();
  });

  it("name the item of a batch that belongs to no server", async () => {
    await using shards = new NatsShardingConnection({ servers: broker.url, onError: () => {} });
    const bad: unknown[] = [["fine"], null];
    const wild: [string][] = [["a.*"]];
    await expect(shards.publishBatch(bad as [string][])).rejects.toMatchObject({ index: 1 });
    await expect(shards.publishBatch(wild)).rejects.toMatchObject({ code: "BATCH", index: 0 });
    expect(() => shards.postBatch(5 as unknown as [string][])).toThrow(BatchError);
    expect(() => shards.post(5 as unknown as string)).toThrow(InvalidSubjectError);
    expect(shards.getConnections()[0]!.getStats().pendingMessages).toBe(0);
  });

  it("need servers", () => {
    expect(() => new NatsShardingConnection({ servers: [] })).toThrow(InvalidArgumentError);
    expect(() => new NatsShardingConnection({ servers: "" })).toThrow(InvalidArgumentError);
  });
});

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

describe("the command pool", () => {
  it("keeps so many commands, and late answers to the others reach nobody", async () => {
    await using small = new NatsConnection({ servers: broker.url, commandPoolSize: 2 });
    const asked: NatsMessage<unknown>[] = [];
    await small.subscribe("pool.tardy", (_, message) => void asked.push(message));
    const first = await Promise.allSettled(
      Array.from({ length: 20 }, (_, i) => small.request("pool.tardy", i, { timeout: 20 })),
    );
    expect(first.every(({ status }) => status === "rejected")).toBe(true);
    const second = Array.from({ length: 20 }, (_, i) => small.request("pool.tardy", 100 + i));
    await small.flush();
    await small.flush();
    for (const message of asked) message.respond(message.value);
    expect(await Promise.all(second)).toEqual(Array.from({ length: 20 }, (_, i) => 100 + i));
  });
});

it("sends what the options say in CONNECT", async () => {
  let received = "";
  await using server = await startFakeServer(async (client) => {
    await client.greet();
    received = client.received;
    await client.answerPings();
  });
  await using quiet = new NatsConnection({
    servers: server.url,
    name: "quiet",
    echo: false,
    verbose: true,
    pedantic: true,
  });
  await quiet.connect();
  const [line] = received.split("\r\n");
  expect(JSON.parse(line!.slice("CONNECT ".length))).toMatchObject({
    name: "quiet",
    echo: false,
    verbose: true,
    pedantic: true,
    lang: "typescript",
    protocol: 1,
    headers: true,
    no_responders: true,
  });
});
