import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { NatsConnection, rawSerializer } from "alternats";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Broker, startBroker } from "../support/broker.js";
import {
  type Certificate,
  makeAuthority,
  makeCertificate,
  writeCertificate,
} from "../support/certificates.js";
import { compute, flood } from "../support/flood.js";
import { within } from "../support/settled.js";
import { Turns } from "../support/turns.js";

const COUNT = 200_000;
/** Milliseconds of processor time of a turn: 50 on a quiet machine, and what other threads collect and compile meanwhile. */
const LONGEST_TURN = 200;
/** Milliseconds between two turns where the machine is busy. */
const LONGEST_PAUSE = 200;
/** Handlers that a turn may start. */
const MOST_IN_A_TURN = 1_000;

let folder: string;
let authority: Certificate;
let broker: Broker;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "alternats-event-loop-"));
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

/** Each kind of connection; what bounds a turn does not depend on how many messages follow. */
const WAYS = [
  ["TCP", COUNT, () => ({ servers: broker.url, tls: null })],
  ["TLS", COUNT / 2, () => ({ servers: broker.url, tls: { ca: authority.cert } })],
  ["a WebSocket", COUNT / 2, () => ({ servers: broker.websocketUrl })],
] as const;

describe("a flood of 200,000 messages of 16 bytes", () => {
  it.each(WAYS)(
    "does not hold the event loop while a handler takes 10 µs for each (%s)",
    async (_, count, options) => {
      await using nats = new NatsConnection({ ...options(), serializer: rawSerializer });
      let handled = 0;
      let all!: () => void;
      const done = new Promise<void>((resolve) => {
        all = resolve;
      });
      const turns = new Turns();
      await nats.subscribe("flood", () => {
        turns.count();
        compute(0.01);
        if (++handled === count) all();
      });
      await flood(broker.port, "flood", count);
      await within(60_000, done, "the last message");
      turns[Symbol.dispose]();
      expect.soft(turns.most).toBeLessThanOrEqual(MOST_IN_A_TURN);
      expect(turns.longest).toBeLessThanOrEqual(LONGEST_TURN);
    },
    120_000,
  );

  it("in one message of a WebSocket does not hold it either", async () => {
    const server = new Worker(ONE_FRAME, { eval: true, workerData: { count: COUNT } });
    const [port] = (await once(server, "message")) as [number];
    await using nats = new NatsConnection({
      servers: `ws://127.0.0.1:${port}`,
      serializer: rawSerializer,
    });
    let handled = 0;
    let all!: () => void;
    const done = new Promise<void>((resolve) => {
      all = resolve;
    });
    const turns = new Turns();
    await nats.subscribe("flood", () => {
      turns.count();
      compute(0.01);
      if (++handled === COUNT) all();
    });
    await within(60_000, done, "the last message");
    turns[Symbol.dispose]();
    await nats.close();
    await server.terminate();
    expect.soft(turns.most).toBeLessThanOrEqual(MOST_IN_A_TURN);
    expect(turns.longest).toBeLessThanOrEqual(LONGEST_TURN);
  }, 120_000);

  it("with an asynchronous handler of 1 ms has at most 10,000 running at the same time", async () => {
    await using nats = new NatsConnection({ servers: broker.url, tls: null });
    let running = 0;
    let most = 0;
    let handled = 0;
    let all!: () => void;
    const done = new Promise<void>((resolve) => {
      all = resolve;
    });
    await nats.subscribe(
      "flood.async",
      async () => {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setTimeout(resolve, 1));
        running--;
        if (++handled === COUNT) all();
      },
      { serializer: rawSerializer },
    );
    await flood(broker.port, "flood.async", COUNT);
    await within(60_000, done, "the last message");
    expect(most).toBeLessThanOrEqual(10_000);
  }, 120_000);
});

describe("other work of the process", () => {
  it("goes on between the messages: a timer of 10 ms comes hundreds of times while 100,000 are handled", async () => {
    await using nats = new NatsConnection({ servers: broker.url, tls: null });
    let handled = 0;
    let all!: () => void;
    const done = new Promise<void>((resolve) => {
      all = resolve;
    });
    let ticks = 0;
    let begun = 0;
    const timer = setInterval(() => {
      if (begun > 0) ticks++;
    }, 10);
    await nats.subscribe(
      "flood.timer",
      () => {
        begun ||= performance.now();
        compute(0.01);
        if (++handled === COUNT / 2) all();
      },
      { serializer: rawSerializer },
    );
    await flood(broker.port, "flood.timer", COUNT / 2);
    await within(60_000, done, "the last message");
    clearInterval(timer);
    // A turn has at most 50 ms, and longer only where the machine is busy.
    expect(ticks).toBeGreaterThan((performance.now() - begun) / LONGEST_PAUSE);
  }, 120_000);
});

/** A server on a WebSocket that sends all of its messages as one, in a thread of its own. */
const ONE_FRAME = `
  const { parentPort, workerData } = require("node:worker_threads");
  const { WebSocketServer } = require("ws");
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  server.on("listening", () => parentPort.postMessage(server.address().port));
  server.on("connection", (socket) => {
    socket.send(Buffer.from('INFO {"server_id":"one","version":"2.14.0","proto":1,"headers":true,"max_payload":1048576}\\r\\n'));
    socket.on("message", (data) => {
      const text = data.toString("latin1");
      if (text.includes("PING")) socket.send(Buffer.from("PONG\\r\\n"));
      const sid = /SUB flood (\\d+)/.exec(text)?.[1];
      if (sid === undefined) return;
      socket.send(Buffer.from(("MSG flood " + sid + " 16\\r\\n0123456789abcdef\\r\\n").repeat(workerData.count)));
    });
  });
`;
