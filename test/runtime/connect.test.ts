import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  AuthorizationError,
  ConnectionError,
  InvalidArgumentError,
  NatsConnection,
  type NatsError,
  type NatsOptions,
} from "alternats";
import { describe, expect, it } from "vitest";
import { startBroker } from "../support/broker.js";
import { makeAuthority, makeCertificate, writeCertificate } from "../support/certificates.js";
import { type FakeClient, PLAIN_INFO, startFakeServer } from "../support/fake-server.js";

/** @returns The client's CONNECT. */
async function connectOf(
  options: NatsOptions,
  info = PLAIN_INFO,
): Promise<Record<string, unknown>> {
  await using server = await startFakeServer((client) => client.greet(info));
  const nats = new NatsConnection({ ...options, servers: server.url });
  await nats.connect();
  const { received } = server.clients[0]!;
  const closing = nats.close();
  server.clients[0]!.send("PONG\r\n");
  await closing;
  return JSON.parse(/^CONNECT (.*)\r\n/.exec(received)![1]!);
}

const FAST = { reconnectWait: 10, reconnectJitter: 0, requestTimeout: 200 };

it("CONNECT contains the options of the connection", async () => {
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

describe("CONNECT", () => {
  it("has protocol 1, language and version, and is neither verbose nor pedantic", async () => {
    const said = await connectOf({});
    expect(said).toMatchObject({ protocol: 1, verbose: false, pedantic: false, echo: true });
    expect(said.lang).toBe("typescript");
    expect(said.version).toMatch(/^\d+\.\d+\.\d+/);
    expect(said.tls_required).toBe(false);
  });

  it.each([true, false])(
    "has headers and no_responders if INFO has headers: %s",
    async (headers) => {
      const info = PLAIN_INFO.replace('"headers":true', `"headers":${headers}`);
      expect(await connectOf({}, info)).toMatchObject({ headers, no_responders: headers });
    },
  );

  it("has echo: false only if requested, and verbose, pedantic and name as given", async () => {
    const options = { echo: false, verbose: true, pedantic: true, name: "n" };
    expect(await connectOf(options)).toMatchObject(options);
  });

  it("has tls_required with tls, and no keys or certificates", async () => {
    const folder = await mkdtemp(join(tmpdir(), "alternats-connect-"));
    const authority = await makeAuthority();
    const files = await writeCertificate(
      folder,
      "s",
      await makeCertificate(authority, "localhost"),
    );
    await using broker = await startBroker({
      config: `tls { cert_file: "${files.certFile}", key_file: "${files.keyFile}" }`,
      args: ["-DV"],
    });
    await using nats = new NatsConnection({
      servers: `tls://localhost:${broker.port}`,
      tls: { ca: authority.cert, cert: authority.cert, key: authority.key },
    });
    await nats.flush();
    const said = JSON.parse(/CONNECT (\{.*\})\]/.exec(broker.log())![1]!);
    expect(said.tls_required).toBe(true);
    expect(Object.keys(said).sort()).toEqual([
      "echo",
      "headers",
      "lang",
      "no_responders",
      "pedantic",
      "protocol",
      "tls_required",
      "verbose",
      "version",
    ]);
    await rm(folder, { recursive: true });
  });
});

describe("the address of the server", () => {
  it("has the default port of its transport", () => {
    const servers = ["a", "nats://b", "tls://c", "ws://d/path", "wss://e"];
    expect(new NatsConnection({ servers, noRandomize: true }).servers).toEqual([
      "nats://a:4222",
      "nats://b:4222",
      "tls://c:4222",
      "ws://d:80/path",
      "wss://e:443",
    ]);
  });

  it("is port 4222 of this machine by default", () => {
    expect(new NatsConnection().options.servers).toEqual(["nats://localhost:4222"]);
    expect(new NatsConnection({ servers: "example" }).servers).toEqual(["nats://example:4222"]);
  });

  it("is in servers with the port, and another option for it is rejected", () => {
    const options = { servers: "a", port: 4222 } as NatsOptions;
    expect(() => new NatsConnection(options)).toThrow(InvalidArgumentError);
  });

  it("leads to a ConnectionError if no server listens there", async () => {
    await using broker = await startBroker();
    await broker.stop();
    const connecting = new NatsConnection({ servers: broker.url }).connect();
    await expect(connecting).rejects.toThrow(ConnectionError);
    await expect(connecting).rejects.toThrow("ECONNREFUSED");
  });
});

describe("connect", () => {
  it("resolves with the PONG after CONNECT, even if INFO arrives in pieces", async () => {
    await using server = await startFakeServer(async (client) => {
      for (const byte of PLAIN_INFO) {
        client.send(byte);
        await new Promise(setImmediate);
      }
    });
    await using nats = new NatsConnection({ servers: server.url });
    let connected = false;
    const connecting = nats.connect().then(() => {
      connected = true;
    });
    const client = await server.client(1);
    await client.until("CONNECT ");
    await client.until("PING\r\n");
    expect(connected).toBe(false);
    client.send("PONG\r\n");
    await connecting;
    void client.answerPings();
  });
});

describe("echo: false", () => {
  it("is rejected by name if the server does not support it", async () => {
    const info = PLAIN_INFO.replace('"proto":1', '"proto":0');
    await using server = await startFakeServer((client) => client.send(info));
    await using nats = new NatsConnection({ servers: server.url, echo: false });
    const connecting = nats.connect();
    await expect(connecting).rejects.toThrow('does not support "echo: false"');
    await expect(connecting).rejects.toMatchObject({ cause: expect.any(InvalidArgumentError) });
  });
});

describe("a host name", () => {
  it("stands for all its addresses, and an address without a server is skipped", async () => {
    // The broker listens on 127.0.0.1 only; "localhost" may be ::1 first.
    await using broker = await startBroker();
    await using nats = new NatsConnection({ servers: `localhost:${broker.port}` });
    await nats.connect();
  });
});

describe("a server in a special mode", () => {
  it("that is verbose sends +OK, which is ignored", async () => {
    await using broker = await startBroker();
    await using nats = new NatsConnection({ servers: broker.url, verbose: true });
    await nats.respond<number, number>("double", (n) => 2 * n);
    expect(await Promise.all([1, 2, 3].map((n) => nats.request("double", n)))).toEqual([2, 4, 6]);
  });

  it("that is pedantic reports an invalid subject, and the connection stays open", async () => {
    await using broker = await startBroker();
    const errors: NatsError[] = [];
    await using nats = new NatsConnection({
      servers: broker.url,
      pedantic: true,
      onError: (error) => errors.push(error),
    });
    nats.writeDirect("PUB a..b 0\r\n");
    await nats.flush();
    expect(errors).toMatchObject([{ code: "SERVER" }]);
    expect(errors[0]!.message).toContain("Invalid Publish Subject");
    expect(nats.getStats().reconnects).toBe(0);
  });
});

describe("the servers", () => {
  const servers = Array.from({ length: 8 }, (_, i) => `nats://s${i}:4222`);

  it("are shuffled", () => {
    const orders = Array.from({ length: 10 }, () => new NatsConnection({ servers }).servers.join());
    expect(new Set(orders).size).toBeGreaterThan(1);
    expect(orders[0]!.split(",").sort()).toEqual(servers);
  });

  it("keep their order with noRandomize", () => {
    expect(new NatsConnection({ servers, noRandomize: true }).servers).toEqual(servers);
  });
});

describe("a server that cannot be reached", () => {
  it("is named by the first connect, and the connection can try again later", async () => {
    await using broker = await startBroker();
    await broker.stop();
    const errors: NatsError[] = [];
    await using nats = new NatsConnection({
      servers: broker.url,
      onError: (error) => errors.push(error),
    });
    await expect(nats.connect()).rejects.toThrow(ConnectionError);
    await expect(nats.connect()).rejects.toThrow(broker.url);
    expect(nats.state).toBe("closed");

    nats.post("lost", 1);
    const waiting = [
      nats.publish("lost", 2),
      nats.subscribe("lost", () => {}),
      nats.request("lost"),
      nats.flush(),
      nats.messages("lost").next(),
    ];
    for (const promise of waiting) await expect(promise).rejects.toThrow(ConnectionError);
    // What was posted; the others were told by their calls.
    expect(errors).toMatchObject([{ code: "MESSAGES_DROPPED", count: 1 }]);

    await broker.start();
    await nats.connect();
    expect(nats.state).toBe("open");
    await nats.flush();
  });

  it("is given up after connectTimeout, at any step of the handshake", async () => {
    for (const script of [
      () => {},
      (client: FakeClient) => client.send(PLAIN_INFO),
      (client: FakeClient) => client.send("INFO {"),
    ]) {
      await using server = await startFakeServer(script);
      await using nats = new NatsConnection({ servers: server.url, connectTimeout: 100 });
      const connecting = nats.connect();
      await expect(connecting).rejects.toThrow(ConnectionError);
      await expect(connecting).rejects.toThrow(
        `Could not connect to ${server.url}: no answer within 100 ms (connectTimeout)`,
      );
    }
  });

  it.each([
    ["no NATS", "HTTP/1.1 400 Bad Request\r\n\r\n", "not part of the NATS protocol"],
    ["INFO that is no JSON", "INFO nonsense\r\n", "not JSON"],
    ["INFO that says nothing", "INFO {}\r\n", "no max_payload"],
    ["INFO that is no object", "INFO null\r\n", "not an object"],
    ["an error", "-ERR 'maximum connections exceeded'\r\n", "maximum connections exceeded"],
    ["a line without an end", "x".repeat(200_000), "more than 65536 bytes"],
  ])("leads to an explanation if it speaks %s", async (_, text, why) => {
    await using server = await startFakeServer((client) => client.send(text));
    await using nats = new NatsConnection({ servers: server.url });
    await expect(nats.connect()).rejects.toThrow(why);
  });

  it("leads to an AuthorizationError if it requires credentials", async () => {
    await using broker = await startBroker({ config: "authorization { token: secret }" });
    await using nats = new NatsConnection({ servers: broker.url });
    await expect(nats.connect()).rejects.toThrow(AuthorizationError);
  });

  it("is skipped for one that can be reached", async () => {
    await using dead = await startBroker();
    await dead.stop();
    await using broker = await startBroker();
    await using nats = new NatsConnection({ servers: [dead.url, broker.url], noRandomize: true });
    await nats.connect();
    expect(nats.serverInfo?.port).toBe(broker.port);
  });
});

describe("a first connection that is given up", () => {
  it("also settles commands called by its error handler", async () => {
    const server = await startFakeServer(() => {});
    const { url } = server;
    await server[Symbol.asyncDispose]();
    let asked = (_: Promise<void>): void => {};
    const asking = new Promise<PromiseSettledResult<void>>((resolve) => {
      asked = (flush) => void Promise.allSettled([flush]).then(([result]) => resolve(result));
    });
    await using nats: NatsConnection = new NatsConnection({
      servers: url,
      onError: () => asked(nats.flush()),
      ...FAST,
    });
    nats.post("x", 1);
    const result = await asking;
    expect(result).toMatchObject({ status: "rejected", reason: expect.any(ConnectionError) });
    expect(nats.state).toBe("closed");
  });
});
