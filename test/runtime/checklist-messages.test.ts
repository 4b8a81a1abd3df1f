/** Rows of the checklist of a NATS client that concern messages and have no better place. */
import { connect, type NatsConnection as Peer } from "@nats-io/transport-node";
import {
  InvalidArgumentError,
  InvalidHeaderError,
  InvalidSubjectError,
  MaxPayloadError,
  NatsConnection,
  type NatsError,
  NatsHeaders,
  rawSerializer,
  ServiceError,
  TimeoutError,
} from "alternats";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Broker, startBroker } from "../support/broker.js";
import { type FakeClient, startFakeServer } from "../support/fake-server.js";

let broker: Broker;
let nats: NatsConnection;
let peer: Peer;

beforeAll(async () => {
  broker = await startBroker({ config: "max_payload: 1024" });
  nats = new NatsConnection({ servers: broker.url, onError: () => {} });
  await nats.connect();
  peer = await connect({ servers: broker.url });
});

afterAll(async () => {
  await nats?.close();
  await peer?.close();
  await broker?.[Symbol.asyncDispose]();
});

/** A server that greets and answers PINGs, with a client of it. */
async function withFake(
  use: (nats: NatsConnection, client: FakeClient) => Promise<void>,
  options = {},
): Promise<void> {
  await using server = await startFakeServer(async (client) => {
    await client.greet();
    await client.answerPings();
  });
  await using one = new NatsConnection({ servers: server.url, ...options });
  await one.connect();
  await use(one, server.clients[0]!);
}

describe("P4: messages", () => {
  it("are delivered by the subscription's number, with the subject that the server gives", () =>
    withFake(async (one, client) => {
      const got: string[] = [];
      await one.subscribe("asked", (value, { subject }) => void got.push(`${subject} ${value}`));
      client.send("MSG stored.subject 1 1\r\n7\r\nMSG asked 2 1\r\n8\r\n");
      await one.flush();
      expect(got).toEqual(["stored.subject 7"]);
    }));
});

describe("P6: more than max_payload, headers included", () => {
  const large = new Uint8Array(1_025);
  const headers = { A: "x".repeat(1_024) };

  it.each([
    ["a payload", large, {}],
    ["headers", undefined, { headers }],
  ])("in %s is refused at once, and the connection goes on", async (_, value, options) => {
    expect(() => nats.post("p6", value, options)).toThrow(MaxPayloadError);
    await expect(nats.publish("p6", value, options)).rejects.toThrow(MaxPayloadError);
    await expect(nats.request("p6", value, options)).rejects.toThrow(MaxPayloadError);
    await expect(nats.requestMany("p6", value, options).next()).rejects.toThrow(MaxPayloadError);
    await nats.flush();
    expect(nats.getStats().reconnects).toBe(0);
  });

  it("in an answer is an error of the handler, and the requester learns of it", async () => {
    const errors: NatsError[] = [];
    await using responder = await nats.respond("p6.respond", () => large, {
      onError: (error) => errors.push(error),
    });
    await expect(nats.request(responder.subject)).rejects.toThrow(ServiceError);
    expect(errors).toMatchObject([{ code: "HANDLER", cause: expect.any(MaxPayloadError) }]);
  });

  it("is one byte more than goes through", async () => {
    const subscription = peer.subscribe("p6.most", { max: 1 });
    await peer.flush();
    await nats.publish("p6.most", new Uint8Array(1_024));
    for await (const message of subscription) expect(message.data).toHaveLength(1_024);
  });
});

describe("P7: payloads and subjects", () => {
  it("of any bytes come as they were sent, both ways", async () => {
    const bytes = Uint8Array.from({ length: 512 }, (_, i) => i % 256);
    const messages = nats.messages<Uint8Array>("p7", { serializer: rawSerializer });
    const theirs = peer.subscribe("p7", { max: 2 });
    await messages.ready;
    await peer.flush();
    await nats.publish("p7", bytes);
    peer.publish("p7", bytes);
    for await (const message of theirs) expect(Uint8Array.from(message.data)).toEqual(bytes);
    for (let i = 0; i < 2; i++) expect((await messages.next()).value?.value).toEqual(bytes);
    await messages.return?.();
  });

  it("may have letters beyond ASCII", async () => {
    const messages = nats.messages("é.ü");
    await messages.ready;
    peer.publish("é.ü", "1");
    // Two connections have no order between them.
    await peer.flush();
    nats.post("é.ü", 2);
    for (const value of [1, 2]) {
      expect((await messages.next()).value).toMatchObject({ subject: "é.ü", value });
    }
    await messages.return?.();
  });

  it("may be empty: no bytes, no value, no reply", async () => {
    const raw = nats.messages<Uint8Array>("p7.empty", { serializer: rawSerializer });
    const values = nats.messages("p7.empty");
    await Promise.all([raw.ready, values.ready]);
    peer.publish("p7.empty");
    expect((await raw.next()).value).toMatchObject({ value: new Uint8Array(0), reply: undefined });
    expect((await values.next()).value).toMatchObject({ value: undefined, headers: undefined });
    await Promise.all([raw.return?.(), values.return?.()]);
  });
});

describe("S1: a subject or reply that is empty or has white space", () => {
  it.each(["", "a b", "a\tb", "a\rb", "a\nb", " ", "a "])(
    "as %j is refused, and nothing is sent",
    (bad) =>
      withFake(
        async (one, client) => {
          expect(() => one.post(bad, 1)).toThrow(InvalidSubjectError);
          expect(() => one.post("ok", 1, { reply: bad })).toThrow(InvalidSubjectError);
          await expect(one.publish(bad)).rejects.toThrow(InvalidSubjectError);
          await expect(one.request(bad)).rejects.toThrow(InvalidSubjectError);
          await expect(one.subscribe(bad, () => {})).rejects.toThrow(InvalidSubjectError);
          await one.flush();
          // At most the inbox, ready for requests that follow.
          expect(client.received).not.toMatch(/PUB|SUB (?!_INBOX)/);
        },
        { onError: () => {} },
      ),
  );
});

describe("S2: a queue group with white space", () => {
  it.each(["a b", "a\tb", "a\r\nb", ""])(
    "as %j is refused here, before the server loses patience",
    async (queue) => {
      await expect(nats.subscribe("s2", () => {}, { queue })).rejects.toThrow(InvalidArgumentError);
      await nats.flush();
      expect(nats.getStats().reconnects).toBe(0);
    },
  );
});

describe("Q1: requests", () => {
  it("share one subscription to one inbox, and each has a token of its own", () =>
    withFake(async (one, client) => {
      const asking = [one.request("q"), one.request("q"), one.requestMany("q").next()];
      await client.until("PUB q ", 3);
      expect(client.count("SUB ")).toBe(1);
      const inbox = /SUB (_INBOX\.[0-9A-Za-z]{22})\.\* 1\r\n/.exec(client.received)![1]!;
      const replies = [...client.received.matchAll(/PUB q (\S+) /g)].map(([, reply]) => reply!);
      expect(replies.every((reply) => reply.startsWith(`${inbox}.`))).toBe(true);
      expect(new Set(replies).size).toBe(3);
      for (const [i, reply] of replies.entries()) client.send(`MSG ${reply} 1 1\r\n${i}\r\n`);
      expect(await Promise.all(asking)).toMatchObject([0, 1, { value: { value: 2 } }]);
    }));

  it("use the prefix that is asked for, which has no wildcards", async () => {
    await withFake(
      async (one, client) => {
        void one.request("q").catch(() => {});
        await client.until("PUB q ");
        expect(client.received).toMatch(/SUB my\.own\.\w{22}\.\* 1\r\n/);
      },
      { inboxPrefix: "my.own." },
    );
    for (const inboxPrefix of ["a.*.", "a.>.", "a", "a b."]) {
      expect(() => new NatsConnection({ inboxPrefix })).toThrow(InvalidArgumentError);
    }
  });
});

describe("Q3: a request that nobody answers in time", () => {
  it("is a TimeoutError, and nothing of it is left", async () => {
    peer.subscribe("q3", { callback: () => {} });
    await peer.flush();
    const before = nats.getStats().subscriptions;
    const asking = Array.from({ length: 20 }, () => nats.request("q3", 0, { timeout: 20 }));
    for (const result of await Promise.allSettled(asking)) {
      expect(result).toMatchObject({ reason: expect.any(TimeoutError) });
    }
    // At most the inbox, which all requests share.
    expect(nats.getStats().subscriptions - before).toBeLessThanOrEqual(1);
  });

  it("gets five seconds where nothing is said", () => {
    expect(new NatsConnection().options.requestTimeout).toBe(5_000);
  });
});

describe("U2: a queue group", () => {
  it("gets each message once, and a subscription without one gets all", async () => {
    const counts = { first: 0, second: 0, plain: 0 };
    await using first = await nats.subscribe("u2", () => void counts.first++, { queue: "q" });
    await using second = await nats.subscribe("u2", () => void counts.second++, { queue: "q" });
    await using plain = await nats.subscribe("u2", () => void counts.plain++);
    for (let i = 0; i < 200; i++) peer.publish("u2");
    await peer.flush();
    await nats.flush();
    expect(counts.first + counts.second).toBe(200);
    expect(counts.plain).toBe(200);
    expect([first.queue, second.queue, plain.queue]).toEqual(["q", "q", undefined]);
  });
});

describe("U4: a loop that is left", () => {
  it("by break has unsubscribed", async () => {
    const before = nats.getStats().subscriptions;
    const messages = nats.messages("u4");
    await messages.ready;
    peer.publish("u4", "1");
    for await (const { value } of messages) {
      expect(value).toBe(1);
      break;
    }
    expect(nats.getStats().subscriptions).toBe(before);
  });
});

describe("D1: draining a subscription", () => {
  it("is the same promise when it is asked for twice, also when it is over", async () => {
    const subscription = await nats.subscribe("d1", () => {});
    const draining = subscription.drain();
    expect(subscription.drain()).toBe(draining);
    await draining;
    expect(subscription.drain()).toBe(draining);
    expect(await subscription.closed).toBeUndefined();
  });
});

describe("H1: headers", () => {
  it("are told apart by case, and each value has a line", () =>
    withFake(async (one, client) => {
      one.post("h1", undefined, { headers: { a: ["1", "2"], A: "3" } });
      await one.flush();
      expect(client.received).toContain("NATS/1.0\r\na: 1\r\na: 2\r\nA: 3\r\n\r\n\r\n");
      const headers = new NatsHeaders({ a: ["1", "2"], A: "3" });
      expect(headers.get("a")).toBe("1");
      expect(headers.values("a")).toEqual(["1", "2"]);
      expect(headers.get("A")).toBe("3");
      expect(headers.has("B")).toBe(false);
    }));

  it.each([
    ["", "x"],
    ["a b", "x"],
    ["a:b", "x"],
    ["ä", "x"],
    ["a\r\nb", "x"],
    ["a", "x\r\nb: y"],
    ["a", "x\n"],
    ["a", "\r"],
  ])("with the name %j and the value %j are refused, and nothing is sent", async (name, value) => {
    expect(() => new NatsHeaders([[name, value]])).toThrow(InvalidHeaderError);
    expect(() => nats.post("h1", 1, { headers: { [name]: value } })).toThrow(InvalidHeaderError);
    await expect(nats.request("h1", 1, { headers: { [name]: value } })).rejects.toThrow(
      InvalidHeaderError,
    );
  });
});

describe("H2: the headers of a message", () => {
  /** @returns What the engine makes of headers from the wire. */
  async function read(block: string): Promise<NatsHeaders> {
    let found: NatsHeaders | undefined;
    await withFake(async (one, client) => {
      await one.subscribe("h2", (_, { headers }) => {
        found = headers;
      });
      client.send(`HMSG h2 1 ${block.length} ${block.length}\r\n${block}\r\n`);
      await one.flush();
    });
    return found!;
  }

  it.each([
    ["NATS/1.0\r\n\r\n", 0, ""],
    ["NATS/1.0 503\r\n\r\n", 503, ""],
    ["NATS/1.0 503 No Responders\r\n\r\n", 503, "No Responders"],
    ["NATS/1.0   404   Not Found  \r\n\r\n", 404, "Not Found"],
    ["NATS/1.0100 Idle Heartbeat\r\n\r\n", 100, "Idle Heartbeat"],
    ["NATS/1.0 OK\r\n\r\n", 0, ""],
  ])(
    "that begin with %j have the status %d and the description %j",
    async (block, status, text) => {
      expect(await read(block)).toMatchObject({ status, description: text });
    },
  );

  it("have their values trimmed, and lines that are none passed over", async () => {
    const headers = await read(
      "NATS/1.0\r\nA:  x y \r\nnonsense\r\n: z\r\nB:\r\nA:2\r\nC: a:b\r\n\r\n",
    );
    expect([...headers]).toEqual([
      ["A", "x y"],
      ["A", "2"],
      ["B", ""],
      ["C", "a:b"],
    ]);
  });
});
