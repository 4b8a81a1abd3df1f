import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MessagesDroppedError, NatsConnection, type NatsError, rawSerializer } from "alternats";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Broker, startBroker } from "../support/broker.js";
import {
  type Certificate,
  makeAuthority,
  makeCertificate,
  writeCertificate,
} from "../support/certificates.js";
import { type FakeClient, startFakeServer } from "../support/fake-server.js";
import { flood } from "../support/flood.js";
import { usedMemory } from "../support/memory.js";
import { within } from "../support/settled.js";

const MiB = 2 ** 20;

let folder: string;
let authority: Certificate;
let broker: Broker;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "alternats-requesting-"));
  authority = await makeAuthority();
  const { certFile, keyFile } = await writeCertificate(
    folder,
    "server",
    await makeCertificate(authority, "localhost"),
  );
  broker = await startBroker({
    config: `allow_non_tls: true, tls { cert_file: "${certFile}", key_file: "${keyFile}", timeout: 10 }
      websocket { listen: "127.0.0.1:-1", no_tls: true }`,
  });
});
afterAll(async () => {
  await broker?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** The same server, over each kind of connection. */
const WAYS = [
  ["TCP", () => ({ servers: broker.url, tls: null })],
  ["TLS", () => ({ servers: broker.url, tls: { ca: authority.cert } })],
  ["a WebSocket", () => ({ servers: broker.websocketUrl })],
] as const;

describe("handlers with a full queue", () => {
  it.each(WAYS)(
    "may request on their own connection: all 1,000 messages are handled, in order (%s)",
    async (_, options) => {
      await using nats = new NatsConnection({ ...options(), requestTimeout: 10_000 });
      await using other = new NatsConnection({ servers: broker.url, tls: null });
      await other.respond<number, number>("double", (n) => n * 2);
      const begun: number[] = [];
      const answers: number[] = [];
      const failures: unknown[] = [];
      let all!: () => void;
      const done = new Promise<void>((resolve) => {
        all = resolve;
      });
      await nats.subscribe<number>(
        "jobs",
        async (n) => {
          begun.push(n);
          try {
            answers.push(await nats.request<number>("double", n));
          } catch (error) {
            failures.push(error);
          }
          if (answers.length + failures.length === 1_000) all();
        },
        { concurrency: 8, maxBuffered: 100 },
      );
      await flood(broker.port, "jobs", 1_000, 4);
      await within(8_000, done, "the last of 1,000 handlers");
      expect(failures).toEqual([]);
      expect(begun).toEqual(Array.from({ length: 1_000 }, (_, i) => i));
      expect(answers.sort((a, b) => a - b)).toEqual(Array.from({ length: 1_000 }, (_, i) => i * 2));
      expect(nats.getStats().missed).toBe(0);
    },
    60_000,
  );

  it.each([
    ["flush", (nats: NatsConnection) => nats.flush()],
    ["ping", (nats: NatsConnection) => nats.ping()],
    [
      "subscribe",
      async (nats: NatsConnection) =>
        (await nats.subscribe(nats.createInbox(), () => {})).unsubscribe(),
    ],
    [
      "requestMany",
      async (nats: NatsConnection) => {
        for await (const { value } of nats.requestMany("double", 1, { max: 1 }))
          expect(value).toBe(2);
      },
    ],
  ])(
    "may await %s on their own connection",
    async (_, wait) => {
      await using nats = new NatsConnection({ servers: broker.url, tls: null });
      await using other = new NatsConnection({ servers: broker.url, tls: null });
      await other.respond<number, number>("double", (n) => n * 2);
      const failures: unknown[] = [];
      let handled = 0;
      let all!: () => void;
      const done = new Promise<void>((resolve) => {
        all = resolve;
      });
      await nats.subscribe(
        "waiting",
        async () => {
          await wait(nats).catch((error: unknown) => failures.push(error));
          if (++handled === 500) all();
        },
        { concurrency: 4, maxBuffered: 50 },
      );
      await flood(broker.port, "waiting", 500, 4);
      await within(8_000, done, "the last of 500 handlers");
      expect(failures).toEqual([]);
    },
    60_000,
  );

  it("do not keep the connection from answering the server's PING, or its own from being answered", async () => {
    let pongs = 0;
    await using server = await startFakeServer(async (client) => {
      await client.greet();
      void client.answerPings();
      await client.until("SUB held");
      const sid = /SUB held (\d+)/.exec(client.received)![1];
      client.send(`MSG held ${sid} 1\r\n1\r\n`.repeat(2_000));
      // Asked when its queue is full for long.
      await client.until("PUB full ");
      for (; pongs < 3 && client.open; pongs++) {
        client.send("PING\r\n");
        await client.until("PONG\r\n", pongs + 1);
      }
      client.send(`MSG held ${sid} 1\r\n1\r\n`);
    });
    await using nats = new NatsConnection({
      servers: server.url,
      pingInterval: 200,
      maxPingOut: 2,
    });
    let release!: () => void;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let handled = 0;
    let all!: () => void;
    const done = new Promise<void>((resolve) => {
      all = resolve;
    });
    const full = new Promise((resolve) => nats.on("slowConsumer", resolve));
    const subscribed = nats.subscribe(
      "held",
      async () => {
        await held;
        if (++handled === 2_001) all();
      },
      { concurrency: 1, maxBuffered: 10 },
    );
    await full;
    // Its own PONG stands behind what fills the queue.
    await within(5_000, subscribed, "subscribe()");
    await nats.publish("full", 1);
    await nats.flush();
    await expect.poll(() => pongs, { timeout: 5_000 }).toBe(3);
    release();
    await within(10_000, done, "the last of 2,001 handlers");
    expect(nats.getStats().reconnects).toBe(0);
  });

  it("hold up at most 64 MiB while the connection waits for an answer, and what is dropped beyond is counted once, the newest first", async () => {
    let stop = false;
    let sent = 0;
    const payload = "x".repeat(65_536 - 8);
    const floodClient = async (client: FakeClient) => {
      await client.until("SUB held");
      const sid = /SUB held (\d+)/.exec(client.received)![1];
      while (!stop && client.open && sent < 1_600) {
        const number = String(sent++).padStart(8, "0");
        client.send(`MSG held ${sid} ${payload.length + 8}\r\n${number}${payload}\r\n`);
        await new Promise(setImmediate);
      }
    };
    await using server = await startFakeServer(async (client) => {
      await client.greet();
      void floodClient(client);
      await client.until("PING\r\n", 2);
      client.send("PONG\r\n");
      await client.until("answer me");
      // 100 MiB pass before the answer.
      while (sent < 1_600 && client.open) await new Promise(setImmediate);
      const inbox = /PUB answer (\S+) \d+/.exec(client.received)![1];
      const inboxSid = /SUB _INBOX\S+ (\d+)/.exec(client.received)![1];
      client.send(`MSG ${inbox} ${inboxSid} 4\r\n"ok"\r\n`);
    });
    const errors: NatsError[] = [];
    await using nats = new NatsConnection({
      servers: server.url,
      onError: (error) => void errors.push(error),
    });
    let release!: () => void;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const numbers: number[] = [];
    await nats.subscribe<Uint8Array>(
      "held",
      async (bytes) => {
        await held;
        numbers.push(Number(Buffer.from(bytes.subarray(0, 8)).toString()));
      },
      { concurrency: 1, maxBuffered: 10, serializer: rawSerializer },
    );
    const before = usedMemory();
    const answer = await nats.request("answer", "answer me", { timeout: 10_000 });
    expect(answer).toBe("ok");
    stop = true;
    expect(usedMemory() - before).toBeLessThan(90 * MiB);
    const { missed } = nats.getStats();
    expect(missed).toBeGreaterThan(0);
    release();
    await expect.poll(() => numbers.length, { timeout: 10_000 }).toBe(1_600 - missed);
    // The oldest are kept, in order.
    expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, i) => i));
    const dropped = errors.filter((error) => error instanceof MessagesDroppedError);
    expect(dropped).toHaveLength(1);
    expect(dropped[0]).toMatchObject({ code: "MESSAGES_DROPPED", count: missed });
  }, 60_000);
});
