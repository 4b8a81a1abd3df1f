import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "@nats-io/transport-node";
import {
  NatsConnection,
  type NatsError,
  type NatsTlsOptions,
  PendingLimitError,
  rawSerializer,
} from "alternats";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import { ReadingGate } from "../../runtime/src/connection/reading-gate.ts";
import {
  ServerConnection,
  type ServerEvents,
} from "../../runtime/src/connection/server-connection.ts";
import type { Subscriptions } from "../../runtime/src/connection/subscriptions.ts";
import type { Frame } from "../../runtime/src/protocol/frame.ts";
import { openWebSocket, type WebSocketLike } from "../../runtime/src/transport/websocket.ts";
import { startBroker } from "../support/broker.js";
import {
  type Certificate,
  makeAuthority,
  makeCertificate,
  writeCertificate,
} from "../support/certificates.js";
import { PLAIN_INFO } from "../support/fake-server.js";
import { startNetwork } from "../support/network.js";
import { nextEvent } from "../support/next-event.js";

const FAST = { reconnectWait: 20, reconnectJitter: 0 };
const PLAIN = 'websocket { listen: "127.0.0.1:-1", no_tls: true }';

let folder: string;
let authority: Certificate;
let server: { certFile: string; keyFile: string };
let client: { certFile: string; keyFile: string };
let caFile: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "alternats-ws-"));
  authority = await makeAuthority();
  server = await writeCertificate(folder, "server", await makeCertificate(authority, "localhost"));
  client = await writeCertificate(folder, "client", await makeCertificate(authority, "client"));
  caFile = (await writeCertificate(folder, "authority", authority)).certFile;
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const encrypted = (more = "") =>
  `websocket { listen: "127.0.0.1:-1", tls { cert_file: "${server.certFile}", key_file: "${server.keyFile}", ca_file: "${caFile}", timeout: 5 ${more} } }`;

/** A server of WebSockets that says what the test tells it to. */
async function startFake(script: (client: WebSocket) => void) {
  const fake = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(fake, "listening");
  fake.on("connection", script);
  return {
    url: `ws://127.0.0.1:${(fake.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      for (const one of fake.clients) one.terminate();
      fake.close();
      await once(fake, "close");
    },
  };
}

describe.each(["ws", "wss"])("a connection over %s", (scheme) => {
  const config = () => (scheme === "ws" ? PLAIN : encrypted());
  const tls = () => (scheme === "ws" ? {} : { tls: { caFile } });

  it("exchanges messages with a client on TCP, in order, large and small", async () => {
    await using broker = await startBroker({ config: config() });
    await using nats = new NatsConnection({ servers: broker.websocketUrl, ...tls() });
    const peer = await connect({ servers: broker.url });
    const large = new Uint8Array(1_000_000).map((_, i) => i % 251);
    const got: Uint8Array[] = [];
    await nats.subscribe<Uint8Array>("to.us", (bytes) => void got.push(bytes), {
      serializer: rawSerializer,
    });
    const theirs: Uint8Array[] = [];
    peer.subscribe("to.them", { callback: (_, message) => void theirs.push(message.data) });
    await peer.flush();
    for (let i = 0; i < 20_005; i++) {
      const bytes = i % 4_001 === 0 ? large : new Uint8Array([i % 256, i >> 8]);
      peer.publish("to.us", bytes);
      await nats.publish("to.them", bytes);
    }
    await peer.flush();
    await nats.flush();
    await peer.flush();
    for (const bytes of [got, theirs]) {
      expect(bytes).toHaveLength(20_005);
      const wrong = bytes.findIndex((one, i) =>
        i % 4_001 === 0
          ? Buffer.compare(one, large) !== 0
          : one.length !== 2 || one[0] !== i % 256 || one[1] !== i >> 8,
      );
      expect(wrong).toBe(-1);
    }
    await peer.close();
  });

  it("requests and answers", async () => {
    await using broker = await startBroker({ config: config() });
    await using nats = new NatsConnection({ servers: broker.websocketUrl, ...tls() });
    await nats.respond<number, number>("double", (value) => 2 * value);
    const peer = await connect({ servers: broker.url });
    expect((await peer.request("double", "21")).json()).toBe(42);
    peer.subscribe("half", { callback: (_, m) => void m.respond(`${m.json<number>() / 2}`) });
    await peer.flush();
    expect(await nats.request("half", 42)).toBe(21);
    await peer.close();
  });

  it("is restored with its subscriptions, and then sends the waiting messages", async () => {
    await using broker = await startBroker({ config: config() });
    await using network = await startNetwork(Number(new URL(broker.websocketUrl).port));
    await using nats = new NatsConnection({
      servers: `${scheme}://127.0.0.1:${network.port}`,
      ...tls(),
      ...FAST,
      onError: () => {},
    });
    const got: number[] = [];
    await nats.subscribe<number>("back", (value) => void got.push(value));
    const lost = nextEvent(nats, "disconnected");
    network.cut();
    await lost;
    for (let i = 0; i < 5_000; i++) nats.post("back", i);
    await nats.flush();
    await nats.flush();
    expect(got).toEqual(Array.from({ length: 5_000 }, (_, i) => i));
  });

  it("pauses and continues reading without losing a message", async () => {
    await using broker = await startBroker({ config: config() });
    await using nats = new NatsConnection({ servers: broker.url });
    await using reader = new NatsConnection({ servers: broker.websocketUrl, ...tls() });
    let running = 0;
    const got: number[] = [];
    let done: () => void;
    const all = new Promise<void>((resolve) => {
      done = resolve;
    });
    await reader.subscribe<{ i: number }>(
      "slow",
      async ({ i }) => {
        expect(++running).toBe(1);
        if (i % 100 === 0) await new Promise(setImmediate);
        running--;
        got.push(i);
        if (got.length === 20_000) done();
      },
      { concurrency: 1, maxBuffered: 50 },
    );
    const text = "x".repeat(500);
    for (let i = 0; i < 20_000; i++) await nats.publish("slow", { i, text });
    await all;
    expect(got).toEqual(Array.from({ length: 20_000 }, (_, i) => i));
  });
});

describe("wss", () => {
  it("checks the certificate and the name in it", async () => {
    await using broker = await startBroker({ config: encrypted() });
    const servers = broker.websocketUrl;
    await using unknown = new NatsConnection({ servers });
    await expect(unknown.connect()).rejects.toThrow(/self-signed|unable to verify/);
    await using wrong = new NatsConnection({
      servers,
      tls: { caFile, servername: "example.com" },
    });
    await expect(wrong.connect()).rejects.toThrow("altnames");
    for (const tls of [
      { ca: authority.cert },
      { caFile, handshakeFirst: true },
      { rejectUnauthorized: false },
    ] satisfies NatsTlsOptions[]) {
      await using right = new NatsConnection({ servers, tls });
      await right.flush();
    }
  });

  it("checks the name of the address even if onConnecting leads elsewhere", async () => {
    await using broker = await startBroker({ config: encrypted() });
    const port = Number(new URL(broker.websocketUrl).port);
    const onConnecting = () => ({ host: "127.0.0.1", port });
    await using wrong = new NatsConnection({
      servers: "wss://example.com",
      tls: { caFile },
      onConnecting,
    });
    await expect(wrong.connect()).rejects.toThrow("altnames");
    await using right = new NatsConnection({
      servers: "wss://localhost",
      tls: { caFile },
      onConnecting,
    });
    await right.flush();
  });

  it("shows the client's certificate if the server requests one", async () => {
    await using broker = await startBroker({ config: encrypted(", verify: true") });
    const servers = broker.websocketUrl;
    await using none = new NatsConnection({ servers, tls: { caFile } });
    await expect(none.connect()).rejects.toThrow();
    await using nats = new NatsConnection({ servers, tls: { caFile, ...client } });
    await nats.flush();
  });

  it("differs from ws by the address alone, and an option that contradicts it is rejected", async () => {
    const servers = "ws://127.0.0.1:1";
    await using asked = new NatsConnection({ servers, tls: {} });
    await expect(asked.connect()).rejects.toThrow("use wss:// instead of ws://");
    await using ruledOut = new NatsConnection({ servers: "wss://127.0.0.1:1", tls: null });
    await expect(ruledOut.connect()).rejects.toThrow("use ws:// instead of wss://");
  });
});

describe("a WebSocket", () => {
  it("can split its messages anywhere", async () => {
    let seed = 7;
    const random = (most: number) => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % most;
    };
    let stream = "";
    for (let i = 0; i < 3_000; i++) stream += `MSG a 1 ${String(i).length}\r\n${i}\r\n`;
    await using fake = await startFake((socket) => {
      for (const letter of PLAIN_INFO) socket.send(Buffer.from(letter));
      socket.on("message", (data) => {
        const text = String(data);
        if (!text.includes("PING\r\n")) return;
        socket.send(Buffer.from("PONG\r\n"));
        if (!text.includes("SUB a 1\r\n")) return;
        for (let at = 0; at < stream.length; ) {
          const size = random(3) === 0 ? random(20_000) : random(9);
          const piece = stream.slice(at, at + size);
          at += size;
          if (random(5) === 0) socket.send(piece, { binary: random(2) === 0 });
          else socket.send(Buffer.from(piece));
        }
      });
    });
    await using nats = new NatsConnection({ servers: fake.url });
    await nats.connect();
    const got: number[] = [];
    const all = new Promise<void>((resolve) => {
      void nats.subscribe<number>("a", (value) => {
        got.push(value);
        if (got.length === 3_000) resolve();
      });
    });
    await all;
    expect(got).toEqual(Array.from({ length: 3_000 }, (_, i) => i));
  });

  it("buffers no more than the limit if the server does not read", async () => {
    let stalled!: WebSocket;
    let received = 0;
    await using fake = await startFake((socket) => {
      stalled = socket;
      socket.send(Buffer.from(PLAIN_INFO));
      socket.on("message", (data: Buffer) => {
        received += data.length;
        if (data.includes("PING\r\n")) socket.send(Buffer.from("PONG\r\n"));
      });
    });
    await using nats = new NatsConnection({
      servers: fake.url,
      maxPendingBytes: 4 << 20,
      onError: () => {},
    });
    await nats.connect();
    stalled.pause();
    const payload = new Uint8Array(10_000);
    let accepted = 0;
    const refused = async () => {
      for (; accepted < 10_000; accepted++) {
        nats.post("a", payload);
        if (accepted % 20 === 0) await new Promise(setImmediate);
      }
    };
    await expect(refused()).rejects.toThrow(PendingLimitError);
    // The system's own buffers on both sides take some.
    expect(accepted * payload.length).toBeLessThan(32 << 20);
    stalled.resume();
    await nats.flush();
    expect(received).toBeGreaterThan(accepted * payload.length);
  });

  it("connects to servers of the cluster that the first one announces", async () => {
    await using second = await startBroker({ config: PLAIN });
    const { host } = new URL(second.websocketUrl);
    await using first = await startFake((socket) => {
      const info = PLAIN_INFO.replace("}", `,"connect_urls":["${host}"]}`);
      socket.send(Buffer.from(info));
      socket.on("message", (data: Buffer) => {
        if (data.includes("PING\r\n")) socket.send(Buffer.from("PONG\r\n"));
      });
      socket.once("message", () => setTimeout(() => socket.close(), 10));
    });
    await using nats = new NatsConnection({
      servers: first.url,
      noRandomize: true,
      ...FAST,
      onError: () => {},
    });
    await nats.connect();
    const { server: address } = await nextEvent(nats, "opened");
    expect(address).toBe(`ws://${host}`);
  });

  it("does not follow a server to another address", async () => {
    const elsewhere = createServer(() => expect.fail("somebody came"));
    elsewhere.listen(0, "127.0.0.1");
    await once(elsewhere, "listening");
    const { port } = elsewhere.address() as AddressInfo;
    const redirecting = createServer((socket) => {
      socket.end(`HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.1:${port}/\r\n\r\n`);
    });
    redirecting.listen(0, "127.0.0.1");
    await once(redirecting, "listening");
    await using nats = new NatsConnection({
      servers: `ws://127.0.0.1:${(redirecting.address() as AddressInfo).port}`,
    });
    await expect(nats.connect()).rejects.toThrow("302");
    redirecting.close();
    elsewhere.close();
  });

  it("is given up after connectTimeout if it never opens", async () => {
    const silent = createServer(() => {});
    silent.listen(0, "127.0.0.1");
    await once(silent, "listening");
    await using nats = new NatsConnection({
      servers: `ws://127.0.0.1:${(silent.address() as AddressInfo).port}`,
      connectTimeout: 100,
    });
    await expect(nats.connect()).rejects.toThrow("no answer within 100 ms");
    silent.close();
  });

  it("can have a path, and TCP and WebSocket can be in one list", async () => {
    const paths: (string | undefined)[] = [];
    const http = new WebSocketServer({ port: 0, host: "127.0.0.1" });
    await once(http, "listening");
    http.on("connection", (socket, { url }) => {
      paths.push(url);
      socket.close(1008, "not here");
    });
    const { port } = http.address() as AddressInfo;
    await using broker = await startBroker();
    const errors: NatsError[] = [];
    await using nats = new NatsConnection({
      servers: [`ws://127.0.0.1:${port}/nats/eu`, broker.url],
      noRandomize: true,
      logger: {
        trace() {},
        debug() {},
        info() {},
        warn: (details) => void errors.push((details as { err: NatsError }).err),
        error() {},
      },
    });
    await nats.connect();
    expect(paths).toEqual(["/nats/eu"]);
    expect(errors.map(({ message }) => message)).toEqual([
      `Could not connect to ws://127.0.0.1:${port}/nats/eu: The connection to ws://127.0.0.1:${port}/nats/eu failed: the WebSocket was closed with 1008, not here`,
    ]);
    http.close();
  });
});

describe("a WebSocket that cannot be paused, as in a browser", () => {
  it("reads on while a queue is full: 64 MiB of messages wait in order, newer ones are dropped and counted", async () => {
    const socket: WebSocketLike = {
      bufferedAmount: 0,
      readyState: 1,
      onopen: null,
      onmessage: null,
      onerror: null,
      onclose: null,
      send() {},
      close() {},
    };
    const arrive = (text: string) => socket.onmessage!({ data: Buffer.from(text) });
    const delivered: number[] = [];
    const dropped: number[] = [];
    const subscriptions = {
      dispatch: (frame: Frame) => {
        delivered.push(
          Number(Buffer.from(frame.buffer).toString("latin1", frame.start, frame.start + 4)),
        );
        if (delivered.length === 1) gate.hold(subscriptions);
      },
    } as unknown as Subscriptions;
    const gate: ReadingGate = new ReadingGate({
      deliver: (frame) => subscriptions.dispatch(frame),
      isAnswer: () => false,
      isWaiting: () => false,
      caughtUp: (count) => void dropped.push(count),
    });
    const events = {
      opened: (connection: ServerConnection) => {
        gate.reader = connection;
      },
      received() {},
    } as unknown as ServerEvents;
    const server = { host: "localhost", port: 80, secure: false, webSocketPath: "/" };
    const connection = new ServerConnection(server, 2 ** 17, subscriptions, gate, events);
    const open = connection.open({
      connect: (_, handler, signal) => {
        const opening = openWebSocket(socket, handler, signal);
        socket.onopen!();
        return opening;
      },
      tls: undefined,
      keepsTls: false,
      greeting: async () => {
        setImmediate(() => arrive("PONG\r\n"));
        return "CONNECT {}\r\n";
      },
      timeout: 10_000,
    });
    setImmediate(() => arrive('INFO {"max_payload":1048576}\r\n'));
    await open;

    const payload = "x".repeat(2 ** 20 - 4);
    const message = (number: number) =>
      `MSG big 1 ${2 ** 20}\r\n${String(number).padStart(4, "0")}${payload}\r\n`;
    for (let i = 0; i < 80; i++) arrive(message(i));
    expect(delivered).toEqual([0]);
    // The line of each message counts as well, so that 63 of them fit.
    expect(gate.missed).toBe(79 - 63);
    gate.release(subscriptions);
    await vi.waitFor(() => expect(dropped).toContain(16));
    expect(delivered).toEqual(Array.from({ length: 64 }, (_, i) => i));
    connection.end(0);
  });
});
