import { setTimeout } from "node:timers/promises";
import {
  connect,
  headers as makeHeaders,
  type NatsConnection as Peer,
} from "@nats-io/transport-node";
import {
  DeserializeError,
  DisconnectedError,
  InvalidArgumentError,
  InvalidSubjectError,
  NatsConnection,
  NatsConnectionPool,
  type NatsError,
  NatsShardingConnection,
  NoRespondersError,
  ServiceError,
  textSerializer,
} from "alternats";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Broker, startBroker } from "../support/broker.js";
import { startFakeServer } from "../support/fake-server.js";

let broker: Broker;
let nats: NatsConnection;
let peer: Peer;
const over = new AbortController();

beforeAll(async () => {
  broker = await startBroker({ monitoring: true });
  nats = new NatsConnection({ servers: broker.url, onError: () => {} });
  peer = await connect({ servers: broker.url });
  // Answers each request with what it asks for: a list of texts, and how long to wait before each.
  peer.subscribe("many", {
    callback: (_, message) => {
      const answer = async () => {
        for (const { text, after = 0 } of message.json<{ text: string; after?: number }[]>()) {
          if (after > 0) await setTimeout(after, undefined, { signal: over.signal });
          message.respond(text);
        }
      };
      // Answers that are still to come when the tests are over are not sent.
      answer().catch(() => {});
    },
  });
  await peer.flush();
});

afterAll(async () => {
  over.abort();
  await nats?.close();
  await peer?.close();
  await broker?.[Symbol.asyncDispose]();
});

const texts = (...all: string[]) => all.map((text) => ({ text }));

/** @returns The values of all answers. */
async function values<T>(replies: AsyncIterable<{ readonly value: T }>): Promise<T[]> {
  const found: T[] = [];
  for await (const { value } of replies) found.push(value);
  return found;
}

describe("requestMany", () => {
  it("ends with the requested number of answers", async () => {
    const replies = nats.requestMany<number>("many", texts("1", "2", "3", "4"), { max: 3 });
    expect(await values(replies)).toEqual([1, 2, 3]);
  });

  it("ends without an error at the timeout, with the answers received until then", async () => {
    const asked = [{ text: "1" }, { text: "2", after: 20 }, { text: "3", after: 30_000 }];
    const begun = performance.now();
    expect(await values(nats.requestMany("many", asked, { timeout: 1_000 }))).toEqual([1, 2]);
    expect(performance.now() - begun).toBeGreaterThanOrEqual(999);
    expect(performance.now() - begun).toBeLessThan(20_000);
  });

  it("ends without an error at the timeout if there is no answer", async () => {
    peer.subscribe("many.silent", { callback: () => {} });
    await peer.flush();
    expect(await values(nats.requestMany("many.silent", 0, { timeout: 50, stall: 10 }))).toEqual(
      [],
    );
  });

  it("ends when no further answer comes for a while after the first one", async () => {
    const asked = [{ text: "1", after: 300 }, ...texts("2", "3"), { text: "4", after: 30_000 }];
    const begun = performance.now();
    expect(await values(nats.requestMany("many", asked, { stall: 200 }))).toEqual([1, 2, 3]);
    expect(performance.now() - begun).toBeLessThan(20_000);
  });

  it("ends with an empty payload, which is not delivered", async () => {
    const replies = nats.requestMany("many", texts("1", "2", "", "3"), { sentinel: true });
    expect(await values(replies)).toEqual([1, 2]);
  });

  it("ends with the message that the sentinel function accepts", async () => {
    const replies = nats.requestMany<string>("many", texts("a", "b", "end", "c"), {
      replySerializer: textSerializer,
      sentinel: ({ value, subject }) => value === "end" && subject.startsWith("_INBOX."),
    });
    expect(await values(replies)).toEqual(["a", "b"]);
  });

  it("throws what a sentinel function throws", async () => {
    const broken = new Error("broken");
    const replies = nats.requestMany("many", texts("1"), {
      sentinel: () => {
        throw broken;
      },
    });
    await expect(values(replies)).rejects.toBe(broken);
  });

  it("throws NoRespondersError at once when nobody listens", async () => {
    const begun = performance.now();
    await expect(values(nats.requestMany("many.nobody"))).rejects.toThrow(NoRespondersError);
    expect(performance.now() - begun).toBeLessThan(4_500);
  });

  it("yields answers from all responders, with subject and headers", async () => {
    for (const name of ["x", "y"]) {
      peer.subscribe("many.both", {
        callback: (_, message) => {
          const headers = makeHeaders();
          headers.set("From", name);
          message.respond('"hi"', { headers });
        },
      });
    }
    await peer.flush();
    const names: (string | undefined)[] = [];
    for await (const { value, headers } of nats.requestMany("many.both", undefined, { max: 2 })) {
      names.push(`${value} ${headers?.get("From")}`);
    }
    expect(names.sort()).toEqual(["hi x", "hi y"]);
  });

  it("reports a failed responder and an unreadable answer to the error handler, and continues", async () => {
    const errors: NatsError[] = [];
    peer.subscribe("many.mixed", {
      callback: (_, message) => {
        const headers = makeHeaders();
        headers.set("Nats-Service-Error", "out of order");
        headers.set("Nats-Service-Error-Code", "503");
        message.respond("", { headers });
        message.respond("{");
        message.respond("1");
      },
    });
    await peer.flush();
    const onError = (error: NatsError) => errors.push(error);
    const replies = nats.requestMany("many.mixed", undefined, { max: 3, onError });
    expect(await values(replies)).toEqual([1]);
    expect(errors[0]).toBeInstanceOf(ServiceError);
    expect(errors[0]).toMatchObject({ status: 503, description: "out of order" });
    expect(errors[1]).toBeInstanceOf(DeserializeError);
  });

  it("sends the request with its headers and its serializer", async () => {
    peer.subscribe("many.headers", {
      callback: (_, message) => {
        message.respond(`${message.headers?.get("A")} ${message.string()}`);
      },
    });
    await peer.flush();
    const options = { max: 1, headers: { A: "b" }, serializer: textSerializer };
    expect(await values(nats.requestMany("many.headers", "c", options))).toEqual(["b c"]);
  });

  it("accepts no more answers when the loop is left", async () => {
    const replies = nats.requestMany("many", texts("1", "2", "3"));
    for await (const { value } of replies) {
      expect(value).toBe(1);
      break;
    }
    expect(await replies.next()).toEqual({ done: true, value: undefined });
    // The place of the request is free again: later answers find nobody, and the next request works.
    expect(await values(nats.requestMany("many", texts("9"), { max: 1 }))).toEqual([9]);
  });

  it("ends by its signal, with the reason", async () => {
    const abort = new AbortController();
    const asked = [{ text: "1" }, { text: "2", after: 3_000 }];
    const replies = nats.requestMany("many", asked, { signal: abort.signal });
    expect((await replies.next()).value).toMatchObject({ value: 1 });
    const reason = new Error("enough");
    abort.abort(reason);
    await expect(replies.next()).rejects.toBe(reason);
    const late = nats.requestMany("many", asked, { signal: abort.signal });
    await expect(late.next()).rejects.toBe(reason);
  });

  it("keeps a limited number of answers for a slow loop, and reports the others", async () => {
    const errors: NatsError[] = [];
    const asked = texts("1", "2", "3", "4", "5");
    const replies = nats.requestMany("many", asked, {
      max: 5,
      maxBuffered: 2,
      onError: (error) => errors.push(error),
    });
    while (errors.length === 0) await nats.flush();
    await nats.flush();
    expect(await values(replies)).toEqual([1, 2]);
    expect(replies.dropped).toBe(3);
    expect(errors).toMatchObject([{ code: "MESSAGES_DROPPED" }]);
  });

  it("throws DisconnectedError when the connection is lost", async () => {
    await using server = await startFakeServer(async (client) => {
      await client.greet();
      await client.until("PUB many.lost");
      client.destroy();
    });
    await using lost = new NatsConnection({ servers: server.url, onError: () => {} });
    await expect(values(lost.requestMany("many.lost", 1))).rejects.toThrow(DisconnectedError);
  });

  it("rejects invalid options", async () => {
    await expect(nats.requestMany("a b").next()).rejects.toThrow(InvalidSubjectError);
    await expect(nats.requestMany("a", 1, { max: 0 }).next()).rejects.toThrow(InvalidArgumentError);
    await expect(nats.requestMany("a", 1, { stall: 0 }).next()).rejects.toThrow(
      InvalidArgumentError,
    );
    const sentinel = "x" as unknown as true;
    expect(() => nats.requestMany("a", 1, { sentinel })).toThrow(InvalidArgumentError);
  });

  it("shares the inbox of all requests, and leaves no subscription behind", async () => {
    const before = nats.getStats().subscriptions;
    const all = Array.from({ length: 300 }, (_, i) =>
      values(nats.requestMany("many", texts(String(i)), { max: 1 })),
    );
    expect(await Promise.all(all)).toEqual(Array.from({ length: 300 }, (_, i) => [i]));
    expect(nats.getStats().subscriptions).toBe(before);
  });

  it("works on pools and shards", async () => {
    await using pool = new NatsConnectionPool({ servers: broker.url, poolSize: 2 });
    await using shards = new NatsShardingConnection({ servers: broker.url });
    for (const commands of [pool, shards]) {
      const replies = commands.requestMany("many", texts("1", "2"), { max: 2 });
      expect(await values(replies)).toEqual([1, 2]);
    }
  });
});
