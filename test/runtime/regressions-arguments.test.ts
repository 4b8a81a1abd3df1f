import { connect as connectPeer, type NatsConnection as Peer } from "@nats-io/transport-node";
import {
  InvalidArgumentError,
  InvalidHeaderError,
  InvalidSubjectError,
  NatsConnection,
  type NatsHeaders,
  type NatsOptions,
  type SubscribeOptions,
} from "alternats";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Broker, startBroker } from "../support/broker.js";
import { PLAIN_INFO, startFakeServer } from "../support/fake-server.js";

let broker: Broker;
let peer: Peer;

beforeAll(async () => {
  broker = await startBroker();
  peer = await connectPeer({ servers: broker.url });
});

afterAll(async () => {
  await peer?.close();
  await broker?.[Symbol.asyncDispose]();
});

/** What the official client hears on all subjects below one, as `subject payload`. */
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

describe("publish that is to wait for no time, or no longer", () => {
  it.each([
    ["a timeout that is none", { timeout: -1 }, InvalidArgumentError],
    ["a timeout beyond what timers take", { timeout: 2 ** 31 }, InvalidArgumentError],
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

describe("what a server does not take", () => {
  it("is a message with headers where it says so in INFO (H3)", async () => {
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
  ])("is a subject too long for a line, of %s", async (_, long) => {
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

  it("is not the longest subject that this side takes", async () => {
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

describe("an argument that cannot work", () => {
  const wrong = (options: object) => () => new NatsConnection(options as NatsOptions);

  it.each([
    ["connectTimeout"],
    ["requestTimeout"],
    ["pingInterval"],
    ["reconnectWait"],
    ["reconnectJitter"],
  ])("is %s above what timers take", (name) => {
    expect(wrong({ [name]: 2 ** 31 })).toThrow(InvalidArgumentError);
    expect(wrong({ [name]: 2 ** 31 })).toThrow(`"${name}"`);
    expect(wrong({ [name]: 2 ** 31 - 1 })).not.toThrow();
  });

  it.each([
    ["options", null],
    ['"servers"', { servers: 5 }],
    ['"servers"', { servers: null }],
    ['"servers"', { servers: [5] }],
    ["is not the address of a server", { servers: "nats://user:secret@localhost/path?x" }],
    ["is not the address of a server", { servers: "nats://localhost?x" }],
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
  ])("is an option, named as %s: %j", (named, options) => {
    const construct = wrong(options as object);
    expect(construct).toThrow(InvalidArgumentError);
    expect(construct).toThrow(named);
    expect(construct).not.toThrow("secret");
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
