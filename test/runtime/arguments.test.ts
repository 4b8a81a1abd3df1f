import { connect as connectPeer, type NatsConnection as Peer } from "@nats-io/transport-node";
import {
  AuthorizationError,
  InvalidArgumentError,
  InvalidHeaderError,
  InvalidSubjectError,
  NatsConnection,
  NatsConnectionPool,
  NatsHeaders,
  NatsKey,
  type NatsOptions,
  NatsShardingConnection,
  type SubscribeOptions,
} from "alternats";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Broker, startBroker } from "../support/broker.js";
import { PLAIN_INFO, startFakeServer } from "../support/fake-server.js";

let broker: Broker;
let peer: Peer;

/** Messages that the official client receives below a subject, as `subject payload`. */
async function heard(prefix: string): Promise<string[]> {
  const texts: string[] = [];
  peer.subscribe(`${prefix}.>`, {
    callback: (_, message) => void texts.push(`${message.subject} ${message.string()}`),
  });
  await peer.flush();
  return texts;
}

function connection(options: NatsOptions = {}): NatsConnection {
  return new NatsConnection({ servers: broker.url, onError: () => {}, ...options });
}

beforeAll(async () => {
  broker = await startBroker();
  peer = await connectPeer({ servers: broker.url });
});

afterAll(async () => {
  await peer?.close();
  await broker?.[Symbol.asyncDispose]();
});

describe("publish with an invalid timeout or an aborted signal", () => {
  it.each([
    ["a negative timeout", { timeout: -1 }, InvalidArgumentError],
    ["a timeout longer than a timer can wait", { timeout: 2 ** 31 }, InvalidArgumentError],
    ["an aborted signal", { signal: AbortSignal.abort(new RangeError("mine")) }, RangeError],
  ])("rejects with %s, and sends nothing", async (_, options, error) => {
    await using nats = connection();
    const got = await heard("waiting");
    await expect(nats.publish("waiting.x", 1, options)).rejects.toThrow(error);
    await expect(nats.publishBatch([["waiting.x", 1]], options)).rejects.toThrow(error);
    await nats.publish("waiting.next", 1);
    await nats.flush();
    await peer.flush();
    expect(got).toEqual(["waiting.next 1"]);
  });
});

describe("what the server does not accept", () => {
  it("is a message with headers if INFO says that there are no headers", async () => {
    const info = PLAIN_INFO.replace('"headers":true', '"headers":false');
    await using server = await startFakeServer(async (client) => {
      await client.greet(info);
      await client.answerPings();
    });
    await using nats = new NatsConnection({ servers: server.url, onError: () => {} });
    await nats.connect();
    expect(() => nats.post("a", 1, { headers: { A: "b" } })).toThrow(InvalidHeaderError);
    expect(() => nats.post("a", 1, { headers: { A: "b" } })).toThrow("does not support headers");
    nats.post("b", new Uint8Array([49]));
    await nats.flush();
    expect(server.clients[0]!.received).toMatch(/\r\nPING\r\nPUB b 1\r\n1\r\nPING\r\n$/);
  });

  it.each([
    ["letters", "a".repeat(4_100)],
    ["characters of several bytes", "漢".repeat(1_400)],
  ])("is a subject too long for a protocol line, of %s", async (_, long) => {
    await using nats = connection({ reconnectWait: 10, requestTimeout: 1_000 });
    await nats.connect();
    const calls: (() => Promise<unknown>)[] = [
      () => nats.subscribe(long, () => {}),
      () => nats.subscribe("a", () => {}, { queue: long }),
      () => nats.respond(long, () => {}),
      () => nats.listen(long, () => {}),
      () => nats.messages(long).ready,
      () => nats.publish(long, 1),
      () => nats.publish("a", 1, { reply: long }),
      () => nats.request(long, 1),
    ];
    for (const call of calls) await expect(call()).rejects.toThrow(InvalidSubjectError);
    await nats.flush();
    expect(nats.getStats()).toMatchObject({ reconnects: 0, sentMessages: 0 });
  });

  it("is not the longest subject that the client accepts", async () => {
    await using nats = connection({ reconnectWait: 10 });
    const got: unknown[] = [];
    const longest = "a".repeat(3_990);
    await nats.subscribe(longest, (value) => void got.push(value), { queue: "q" });
    await nats.publish(longest, 1);
    await nats.publish(longest, 2, { headers: { A: "b" } });
    await nats.flush();
    expect(got).toEqual([1, 2]);
    expect(nats.getStats().reconnects).toBe(0);
  });
});

describe("an invalid argument", () => {
  const wrong = (options: object) => () => new NatsConnection(options as NatsOptions);

  it.each([
    ["connectTimeout"],
    ["requestTimeout"],
    ["pingInterval"],
    ["reconnectWait"],
    ["reconnectJitter"],
  ])("is %s longer than a timer can wait", (name) => {
    expect(wrong({ [name]: 2 ** 31 })).toThrow(InvalidArgumentError);
    expect(wrong({ [name]: 2 ** 31 })).toThrow(`"${name}"`);
    expect(wrong({ [name]: 2 ** 31 - 1 })).not.toThrow();
  });

  it.each([
    ["options", null],
    ['"servers"', { servers: 5 }],
    ['"servers"', { servers: null }],
    ['"servers"', { servers: [5] }],
    ["is not a valid server address", { servers: "nats://user:secret@localhost/path?x" }],
    ["is not a valid server address", { servers: "nats://localhost?x" }],
    ['"serializer"', { serializer: {} }],
    ['"serializer"', { serializer: null }],
    ['"onError"', { onError: 5 }],
    ['"echo"', { echo: "no" }],
    ['"name"', { name: 5 }],
    ['"name"', { name: Object.create(null) }],
    ['"inboxPrefix"', { inboxPrefix: ".." }],
    ['"inboxPrefix"', { inboxPrefix: "a..b." }],
    ['"noRandomise"', { noRandomise: true }],
    ['"onConnecting"', { onConnecting: 5 }],
    ['"servers"', { servers: [] }],
    ['"servers"', { servers: ["nats://user:secret@localhost", 5] }],
    ["options", "nats://user:secret@localhost"],
    ["options", ["nats://user:secret@localhost"]],
    ['"servers"', { servers: "nats://user:secret,more@localhost" }],
    ['"servers"', { servers: "nats://user:sec%ret@localhost" }],
    ['"servers"', { servers: "nats://100%secret@localhost" }],
    ['"writerBufferSize"', { writerBufferSize: 2 ** 40 }],
    ['"readerBufferSize"', { readerBufferSize: 2 ** 40 }],
    ['"inboxPrefix"', { inboxPrefix: `${"a".repeat(4_000)}.` }],
    ['"serializer"', { serializer: { serialize() {}, deserialize() {}, headers: 5 } }],
    ['"tls"', { tls: [] }],
    ['"tls.rejectUnauthorised"', { tls: { rejectUnauthorised: false } }],
    ['"tls.rejectUnauthorized"', { tls: { rejectUnauthorized: "no" } }],
    ['"tls.caFile"', { tls: { caFile: 5 } }],
    ['"tls.ca"', { tls: { ca: [5] } }],
    ['"tls.key"', { tls: { key: { secret: "secret" } } }],
    ['"authenticator"', { authenticator: 5 }],
    ['"authenticator"', { authenticator: null }],
    ["Is a variable not set?", { authenticator: { user: undefined, pass: "secret" } }],
    ["Is a variable not set?", { authenticator: { token: undefined } }],
    ['"pass" must be a string', { authenticator: { user: "a", pass: ["secret"] } }],
    ['"token" cannot be combined with "user"', { authenticator: { user: "a", token: "secret" } }],
    ['"sign" must be a function', { authenticator: { sign: "secret" } }],
  ])("is an option, and the error names it: %s, %j", (named, options) => {
    const construct = wrong(options as object);
    expect(construct).toThrow(InvalidArgumentError);
    expect(construct).toThrow(named);
    expect(construct).not.toThrow("secret");
  });

  it("is not an undefined member of credentials or tls, and not a class that signs", async () => {
    class Vault {
      readonly name = "vault";
      sign() {
        return { user: this.name };
      }
    }
    expect(wrong({ authenticator: { user: "a", pass: undefined } })).not.toThrow();
    expect(wrong({ tls: { ca: undefined, caFile: "ca.pem" } })).not.toThrow();
    await using nats = connection({ authenticator: new Vault() });
    await nats.connect();
  });

  it.each([
    ["nothing", null],
    ["a number", 5],
    ["unknown members", { usr: "secret" }],
    ["a signer that returns a string", { sign: () => "secret" }],
  ])("is a value returned by an authenticator: %s", async (_, given) => {
    const authenticator = (() => given) as unknown as () => undefined;
    await using nats = connection({ authenticator });
    const failure = await nats.connect().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(AuthorizationError);
    expect(String(failure)).not.toContain("secret");
  });

  it.each([
    ["a number", 5],
    ["a port alone", { port: 4222 }],
    ["a host alone", { host: "127.0.0.1" }],
    ["a port above 65535", { host: "127.0.0.1", port: 70_000 }],
  ])("is a value returned by onConnecting: %s", async (_, answer) => {
    const onConnecting = (() => answer) as unknown as () => undefined;
    await using nats = connection({ onConnecting });
    await expect(nats.connect()).rejects.toThrow("onConnecting must return { host, port }");
  });

  it.each([
    ["pool", (options: unknown) => new NatsConnectionPool(options as NatsOptions)],
    [
      "shards",
      (options: unknown) =>
        new NatsShardingConnection(options as NatsOptions & { servers: string }),
    ],
  ])("is the options of a %s", (_, make) => {
    for (const options of [null, 5, { servers: "a", configureConnection: 5 }]) {
      expect(() => make(options)).toThrow(InvalidArgumentError);
    }
  });

  it("is a key that is not a string", () => {
    for (const subject of [undefined, null, 5, { toString: () => "a\r\nPING" }]) {
      expect(() => new NatsKey(subject as string)).toThrow(InvalidSubjectError);
    }
  });

  it("is headers made of something other than pairs", () => {
    for (const init of [[5], [null], ["ab"], [[5, "a"]]]) {
      expect(() => new NatsHeaders(init as unknown as [string, string][])).toThrow(
        InvalidHeaderError,
      );
    }
  });

  it.each([
    ["options that are a text", "orders"],
    ["options that are null", null],
    ["a queue group that is a number", { queue: 5 }],
    ["a queue group that is null", { queue: null }],
    ["a timeout that is a text", { timeout: "500" }],
    ["accepts that is not a function", { accepts: 5 }],
    ["onError that is not a function", { onError: 5 }],
    ["a serializer that cannot read", { serializer: { serialize() {} } }],
    ["a schema that is not a Standard Schema", { schema: {} }],
    ["a bound of 0 where nothing waits", { concurrency: 0, maxBuffered: 0 }],
    ["an unknown policy", { concurrency: 0, whenFull: "drop" }],
  ])("is a subscription option: %s", async (_, given) => {
    await using nats = connection();
    const options = given as SubscribeOptions<unknown>;
    const raw = given === null || typeof given !== "object" || "queue" in given;
    await expect(nats.subscribe("x", () => {}, options)).rejects.toThrow(InvalidArgumentError);
    await expect(nats.respond("x", () => {}, options)).rejects.toThrow(InvalidArgumentError);
    await expect(async () => await nats.messages("x", options).ready).rejects.toThrow(
      InvalidArgumentError,
    );
    if (raw)
      await expect(nats.listen("x", () => {}, options)).rejects.toThrow(InvalidArgumentError);
    expect(nats.getStats().subscriptions).toBe(0);
  });

  it("is a handler that is not a function", async () => {
    await using nats = connection();
    const nothing = undefined as unknown as () => void;
    await expect(nats.subscribe("x", nothing)).rejects.toThrow('"handler"');
    await expect(nats.respond("x", nothing)).rejects.toThrow('"handler"');
    await expect(nats.listen("x", nothing)).rejects.toThrow('"handler"');
    expect(() => nats.on("opened", nothing)).toThrow('"listener"');
    expect(() => nats.on("open" as "opened", () => {})).toThrow('no event "open"');
  });

  it.each([
    ["publish", (nats: NatsConnection, options: never) => nats.publish("x", 1, options)],
    ["post", async (nats: NatsConnection, options: never) => nats.post("x", 1, options)],
    ["publishBatch", (nats: NatsConnection, options: never) => nats.publishBatch([["x"]], options)],
    ["request", (nats: NatsConnection, options: never) => nats.request("x", 1, options)],
    [
      "requestMany",
      async (nats: NatsConnection, options: never) => nats.requestMany("x", 1, options).next(),
    ],
    ["flush", (nats: NatsConnection, options: never) => nats.flush(options)],
  ])("is options of %s that are not an object", async (_, call) => {
    await using nats = connection();
    for (const options of [500, "reply.to", null] as never[]) {
      await expect(call(nats, options)).rejects.toThrow("The options must be an object");
    }
    expect(nats.getStats().pendingMessages).toBe(0);
  });

  it("is a timeout given as a string", async () => {
    await using nats = connection();
    const timeout = "500" as unknown as number;
    await expect(nats.request("x", 1, { timeout })).rejects.toThrow(InvalidArgumentError);
    await expect(nats.publish("x", 1, { timeout })).rejects.toThrow(InvalidArgumentError);
    await expect(nats.flush({ timeout })).rejects.toThrow(InvalidArgumentError);
  });

  it("is a value for writeDirect that is neither a string nor bytes", async () => {
    await using nats = connection();
    await nats.connect();
    expect(() => nats.writeDirect(5 as unknown as string)).toThrow(InvalidArgumentError);
    await nats.flush();
  });

  it("is an argument of a command, and nothing is sent", async () => {
    await using nats = connection();
    await nats.connect();
    const nothing = undefined as unknown as string;
    const headers = (init: unknown) => () => nats.post("x", 1, { headers: init as NatsHeaders });
    const messages = (options: unknown) => () =>
      nats.messages("x", options as SubscribeOptions<unknown>);
    const calls: [call: () => unknown, error: typeof InvalidArgumentError][] = [
      [() => nats.post(nothing), InvalidSubjectError],
      [() => nats.post(5 as unknown as string, 1), InvalidSubjectError],
      [headers(null), InvalidHeaderError],
      [headers("abc"), InvalidHeaderError],
      [headers({ a: 5 }), InvalidHeaderError],
      [() => nats.post("x", 1, { reply: 5 as unknown as string }), InvalidSubjectError],
      [messages({ maxBuffered: Number.NaN }), InvalidArgumentError],
      [messages({ whenFull: "dropnewest" }), InvalidArgumentError],
      [() => nats.writeDirect("PING", -1), InvalidArgumentError],
    ];
    for (const [call, error] of calls) expect(call).toThrow(error);
    const { sentMessages, subscriptions } = nats.getStats();
    expect({ sentMessages, subscriptions }).toEqual({ sentMessages: 0, subscriptions: 0 });
    await nats.flush();
  });
});
