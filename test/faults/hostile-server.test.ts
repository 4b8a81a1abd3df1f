import { createHash } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";
import { NatsConnection, type NatsError, type NatsLogger, rawSerializer } from "alternats";
import { connect as connectCore } from "alternats/nats-core";
import { describe, expect, it } from "vitest";
import { WebSocketServer } from "ws";
import { startBroker } from "../support/broker.js";
import { type FakeClient, PLAIN_INFO, startFakeServer } from "../support/fake-server.js";
import { usedMemory } from "../support/memory.js";
import { nextEvent } from "../support/next-event.js";

const FAST = { reconnectWait: 1, reconnectWaitMax: 1, reconnectJitter: 0 };
const MiB = 2 ** 20;

/** Sends so much of a text that it could fill the memory, in pieces, as long as the client takes it. */
async function flood(client: FakeClient, beginning: string, bytes: number): Promise<void> {
  client.send(beginning);
  const piece = "x".repeat(64 * 1024);
  for (let sent = 0; sent < bytes && client.open; sent += piece.length) {
    client.send(piece);
    await new Promise(setImmediate);
  }
}

describe("a hostile server", () => {
  it.each([
    ["a line without a name", ""],
    ["a message's subject", "MSG "],
    ["a message's subject in lower case", "msg "],
    ["an INFO", "INFO {"],
    ["an error", "-ERR '"],
  ])(
    "that sends 64 MiB of %s without an end is left after 64 KiB for the next one",
    async (_, beginning) => {
      await using broker = await startBroker();
      await using server = await startFakeServer(async (client) => {
        await client.greet();
        await client.until("SUB");
        await flood(client, beginning, 64 * MiB);
      });
      await using nats = new NatsConnection({
        servers: [server.url, broker.url],
        noRandomize: true,
        onError: () => {},
        ...FAST,
      });
      await nats.connect();
      const before = usedMemory();
      const lost = nextEvent(nats, "disconnected");
      const subscribed = nats.subscribe("long", () => {});
      const { error } = await lost;
      expect(error).toMatchObject({ code: "PROTOCOL" });
      expect(error.message).toContain("65536 bytes");
      expect(nats.getStats().receivedBytes).toBeLessThan(MiB);
      await subscribed;
      expect(usedMemory() - before).toBeLessThan(4 * MiB);
    },
  );

  it("whose first INFO has 64 MiB is rejected after 64 KiB, over TCP and over a WebSocket", async () => {
    await using server = await startFakeServer((client) => flood(client, "INFO {", 64 * MiB));
    const web = new WebSocketServer({ port: 0, host: "127.0.0.1" });
    await once(web, "listening");
    web.on("connection", async (socket) => {
      socket.send(Buffer.from("INFO {"));
      for (let i = 0; i < 1024 && socket.readyState === socket.OPEN; i++) {
        await new Promise((sent) => socket.send(Buffer.alloc(64 * 1024, "x"), sent));
      }
    });
    const before = usedMemory();
    for (const servers of [server.url, `ws://127.0.0.1:${(web.address() as AddressInfo).port}`]) {
      await using nats = new NatsConnection({ servers });
      await expect(nats.connect()).rejects.toThrow("65536 bytes");
      expect(nats.getStats().receivedBytes).toBeLessThan(MiB);
    }
    expect(usedMemory() - before).toBeLessThan(4 * MiB);
    web.close();
  });

  it("that sends 200 MiB in one WebSocket message is left before all of it is received", async () => {
    const web = new WebSocketServer({ port: 0, host: "127.0.0.1" });
    await once(web, "listening");
    web.on("connection", (socket, { socket: raw }) => {
      socket.on("error", () => {});
      // A frame's head alone: binary, 200 MiB.
      const head = Buffer.alloc(10);
      head[0] = 0x82;
      head[1] = 127;
      head.writeBigUInt64BE(BigInt(200 * MiB), 2);
      raw.write(head);
    });
    const before = usedMemory();
    await using nats = new NatsConnection({
      servers: `ws://127.0.0.1:${(web.address() as AddressInfo).port}`,
    });
    await expect(nats.connect()).rejects.toThrow("Max payload size exceeded");
    expect(usedMemory() - before).toBeLessThan(4 * MiB);
    for (const socket of web.clients) socket.terminate();
    web.close();
  });

  it.each([
    ["a size beyond 64 MiB", `MSG a 1 ${64 * MiB + 1}\r\n`, "the maximum is 67108864"],
    ["a size of 15 digits", "MSG a 1 999999999999999\r\n", "the maximum is 67108864"],
    ["a size of 400 digits", `MSG a 1 ${"9".repeat(400)}\r\n`, "the maximum is 67108864"],
    ["more headers than message", "HMSG a 1 50 10\r\n", "50 bytes of headers"],
    ["a size that is none", "MSG a 1 -5\r\n", "not part of the NATS protocol"],
  ])("that announces %s is left before anything is allocated", async (_, line, message) => {
    await using server = await startFakeServer(async (client) => {
      await client.greet();
      await client.until("SUB");
      client.send(line);
      await flood(client, "", MiB);
    });
    await using nats = new NatsConnection({ servers: server.url, onError: () => {}, ...FAST });
    await nats.connect();
    const before = usedMemory();
    const lost = nextEvent(nats, "disconnected");
    nats.subscribe("a", () => {}).catch(() => {});
    expect((await lost).error.message).toContain(message);
    expect(usedMemory() - before).toBeLessThan(4 * MiB);
  });

  it("that repeatedly announces 64 MiB and never sends them costs 64 MiB once", async () => {
    let rounds = 0;
    await using server = await startFakeServer(async (client) => {
      await client.greet();
      await client.until("SUB");
      client.send(`MSG a 1 ${64 * MiB}\r\n`);
      await flood(client, "", 256 * 1024);
      rounds++;
      client.destroy();
    });
    await using nats = new NatsConnection({ servers: server.url, onError: () => {}, ...FAST });
    await nats.connect();
    const before = usedMemory();
    nats.subscribe("a", () => {}, { serializer: rawSerializer }).catch(() => {});
    const losses: Error[] = [];
    while (rounds < 5) losses.push((await nextEvent(nats, "disconnected")).error);
    expect(usedMemory() - before).toBeLessThan(68 * MiB);
    // Nor do those who keep the reasons of all losses keep what belonged to the connections.
    expect(losses.length).toBeGreaterThanOrEqual(5);
  });

  it("that sends random bytes at any time is left with a named error and never harms the process", async () => {
    const VARIANTS = 150;
    let came = 0;
    const random = (seed: number, length: number) => {
      let bytes = Buffer.alloc(0);
      for (let i = 0; bytes.length < length; i++) {
        bytes = Buffer.concat([bytes, createHash("sha256").update(`${seed} ${i}`).digest()]);
      }
      return bytes.toString("latin1", 0, length);
    };
    await using server = await startFakeServer(async (client) => {
      const seed = came++;
      if (seed >= VARIANTS) {
        await client.greet();
        await client.answerPings();
        return;
      }
      const noise = random(seed, 1 + ((seed * 37) % 3_000));
      if (seed % 3 === 0) client.send(noise);
      else if (seed % 3 === 1) {
        client.send(PLAIN_INFO + noise);
      } else {
        await client.greet();
        client.send(noise);
      }
      client.end();
    });
    const codes = new Set<string>();
    await using nats = new NatsConnection({ servers: server.url, onError: () => {}, ...FAST });
    nats.on("disconnected", ({ error }) => codes.add((error as NatsError).code));
    nats.on("reconnectFailed", ({ error }) => codes.add((error as NatsError).code));
    // The first connection is not tried again by itself.
    while (
      !(await nats.connect().then(
        () => true,
        () => false,
      ))
    );
    while (came <= VARIANTS) await server.client(came + 1);
    await nats.flush();
    expect([...codes].sort()).toEqual(["CONNECTION", "PROTOCOL"]);
    expect(nats.state).toBe("open");
  });

  it.each([
    "ws://127.0.0.1:1",
    "http://127.0.0.1:1",
    "tls://127.0.0.1:1",
    "nats://user:pass@127.0.0.1:1",
    "127.0.0.1:1/path",
    "127.0.0.1",
    "user:pass@127.0.0.1:1",
    "127.0.0.1:1\r\nPUB a 0",
    "",
  ])(
    "cannot redirect the client to %j: only to host:port with the client's own scheme",
    async (told) => {
      const codes: string[] = [];
      await using server = await startFakeServer(async (client) => {
        const urls = `"connect_urls":${JSON.stringify([told])},"headers"`;
        await client.greet(PLAIN_INFO.replace('"headers"', urls));
        await client.answerPings();
      });
      await using nats = new NatsConnection({
        servers: server.url,
        onError: ({ code }) => codes.push(code),
      });
      await nats.flush();
      expect(nats.servers).toEqual([server.url]);
      expect(codes).toEqual(["SERVER"]);
    },
  );

  it("cannot fill the memory with announced servers", async () => {
    await using server = await startFakeServer(async (client) => {
      await client.greet();
      for (let round = 0; round < 50; round++) {
        const urls = Array.from({ length: 2_000 }, (_, i) => `10.${round}.${i >> 8}.${i & 255}:1`);
        client.send(
          PLAIN_INFO.replace('"headers"', `"connect_urls":${JSON.stringify(urls)},"headers"`),
        );
      }
      await client.answerPings();
    });
    await using nats = new NatsConnection({ servers: server.url });
    await nats.connect();
    const before = usedMemory();
    await nats.flush();
    expect(nats.servers.length).toBe(2_001);
    expect(usedMemory() - before).toBeLessThan(8 * MiB);
  });
});

describe("credentials", () => {
  it.each(["nats", "tls", "ws", "wss"])(
    "in a %s address appear in no log, message, event or inspection",
    async (scheme) => {
      const seen: unknown[] = [];
      const log = (details: object, message: string) => void seen.push(details, message);
      const logger: NatsLogger = { trace: log, debug: log, info: log, warn: log, error: log };
      const nats = new NatsConnection({
        servers: [`${scheme}://ada:hunter2@127.0.0.1:1`, `${scheme}://t0psecret@127.0.0.1:2/`],
        logger,
        onError: (error) => void seen.push(error),
      });
      nats.on("disconnected", (event) => void seen.push(event));
      nats.on("reconnectFailed", (event) => void seen.push(event));
      nats.post("a", 1);
      await nats.connect().catch((error) => seen.push(error, error.cause, String(error.stack)));
      seen.push(nats, nats.options, nats.servers, nats.getStats());
      await nats.close();
      const text = inspect(seen, { depth: 20, showHidden: true, getters: true });
      expect(text).toContain("127.0.0.1:1");
      expect(text + JSON.stringify(nats.options)).not.toMatch(/hunter2|t0psecret/);
    },
  );

  it("in TLS options appear in no inspection, also not in derived options", () => {
    const tls = { ca: "authority", key: "hunter2", passphrase: "t0psecret" };
    const { options } = new NatsConnection({ tls });
    const derived = new NatsConnection({ ...options, name: "other" }).options;
    for (const one of [options, derived]) {
      const text = inspect(one, { depth: 20, showHidden: true }) + JSON.stringify(one);
      expect(text).toContain("authority");
      expect(text).not.toMatch(/hunter2|t0psecret/);
      expect({ ...one.tls }).toEqual(tls);
    }
  });

  it("in the options of alternats/nats-core appear in no inspection", async () => {
    await using broker = await startBroker({
      config: "authorization { users: [{ user: ada, password: hunter2 }] }",
    });
    const options = { user: "ada", pass: "hunter2", token: "t0psecret" };
    for (const given of [
      { servers: broker.url, ...options },
      {
        servers: broker.url.replace("://", "://ada:hunter2@"),
        authenticator: () => ({ user: "x" }),
      },
    ]) {
      const nc = await connectCore(given);
      const text = inspect(nc, { depth: 20, showHidden: true, getters: true });
      expect(text).toContain(`127.0.0.1:${broker.port}`);
      expect(text + JSON.stringify(nc)).not.toMatch(/hunter2|t0psecret/);
      await nc.close();
    }
  });

  it.each([
    "ada:hunter2@127.0.0.1:4222:5",
    "ws://ada:hunter2@127.0.0.1:x",
    "wss://ada:hunter2@host/path?token=hunter2",
    "ws://host/?token=hunter2",
    "ws://host/#hunter2",
    "http://ada:hunter2@host",
    "nats://ada:hunter2@host/path",
    "ws://ada:hun@ter2:hunter2@",
  ])("in an invalid address are not quoted: %s", (servers) => {
    let message = "";
    try {
      new NatsConnection({ servers });
    } catch (error) {
      message = inspect(error, { depth: 10 });
    }
    expect(message).toContain("is not a valid server address");
    expect(message).not.toMatch(/hunter2|ter2/);
  });
});
