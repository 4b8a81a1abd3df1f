import {
  connect,
  type NatsConnection as Peer,
  headers as peerHeaders,
} from "@nats-io/transport-node";
import {
  DeserializeError,
  HandlerError,
  InvalidArgumentError,
  InvalidHeaderError,
  InvalidSubjectError,
  MaxPayloadError,
  NatsConnection,
  type NatsError,
  NatsHeaders,
  NatsKey,
  type NatsMessage,
  NoRespondersError,
  PermissionViolationError,
  rawSerializer,
  SerializeError,
  ServiceError,
  TimeoutError,
  textSerializer,
} from "alternats";
import { msgpackSerializer } from "alternats/msgpack";
import { Packr } from "msgpackr";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Broker, startBroker } from "../support/broker.js";

let broker: Broker;
let nats: NatsConnection;
let peer: Peer;
/** What went to the connection's error handler. */
let errors: NatsError[];

beforeAll(async () => {
  broker = await startBroker({
    config: `
      max_payload: 100000
      no_auth_user: everybody
      authorization { users: [ { user: everybody, password: x, permissions: {
        publish: { deny: ["denied.>"] }, subscribe: { deny: ["denied.>", "group.> secret"] } } } ] }
    `,
  });
  errors = [];
  nats = new NatsConnection({ servers: broker.url, onError: (error) => errors.push(error) });
  peer = await connect({ servers: broker.url });
});

afterAll(async () => {
  await nats?.close();
  await peer?.close();
  await broker?.[Symbol.asyncDispose]();
});

/** Collects what a subscription gets, until there are as many as asked for. */
function collector<T>() {
  const items: T[] = [];
  let wake = () => {};
  return {
    items,
    add(item: T): void {
      items.push(item);
      wake();
    },
    async until(count: number): Promise<T[]> {
      while (items.length < count) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return items;
    },
  };
}

describe("publish", () => {
  it("is read by the official client: JSON once, bytes as they are, nothing as nothing", async () => {
    const got = collector<string>();
    peer.subscribe("out.>", {
      callback: (_, message) => got.add(`${message.subject} ${message.string()}`),
    });
    await peer.flush();
    await nats.publish("out.object", { text: "grüße", list: [1, null, true] });
    await nats.publish("out.string", "text");
    await nats.publish(new NatsKey("out.bytes"), new Uint8Array([104, 105]));
    await nats.publish("out.nothing");
    await nats.publish("out.null", null);
    nats.post("out.text", "text", { serializer: textSerializer });
    expect(await got.until(6)).toEqual([
      'out.object {"text":"grüße","list":[1,null,true]}',
      'out.string "text"',
      "out.bytes hi",
      "out.nothing ",
      "out.null null",
      "out.text text",
    ]);
  });

  it("sends headers and a reply subject", async () => {
    const iterator = peer.subscribe("with.headers", { max: 1 })[Symbol.asyncIterator]();
    await peer.flush();
    const headers = new NatsHeaders({ "Trace-Id": "7f", Via: ["a", "b"] });
    await nats.publish("with.headers", { a: 1 }, { headers, reply: "answer.here" });
    const { value: message } = await iterator.next();
    expect(message.headers?.get("Trace-Id")).toBe("7f");
    expect(message.headers?.values("Via")).toEqual(["a", "b"]);
    expect(message.reply).toBe("answer.here");
    expect(message.json()).toEqual({ a: 1 });
  });

  it("sends no empty header block for headers without an entry", async () => {
    const iterator = peer.subscribe("no.headers", { max: 1 })[Symbol.asyncIterator]();
    await peer.flush();
    await nats.publish("no.headers", "x", { headers: new NatsHeaders() });
    const { value: message } = await iterator.next();
    expect(message.headers).toBeUndefined();
  });

  it("keeps the order of 200,000 messages of all sizes", async () => {
    const received = new NatsConnection({ servers: broker.url });
    let next = 0;
    const count = 200_000;
    const all = new Promise<void>((resolve, reject) => {
      received
        .subscribe<Uint8Array>(
          "order",
          (bytes) => {
            const view = new DataView(bytes.buffer, bytes.byteOffset);
            if (view.getUint32(0) !== next)
              reject(new Error(`${view.getUint32(0)} is not ${next}`));
            if (bytes.length !== 4 + ((next * 31) % 600)) reject(new Error(`length at ${next}`));
            if (++next === count) resolve();
          },
          { serializer: rawSerializer },
        )
        .catch(reject);
    });
    await received.flush();
    const payload = new Uint8Array(1_000);
    const view = new DataView(payload.buffer);
    for (let i = 0; i < count; i++) {
      view.setUint32(0, i);
      await nats.publish("order", payload.subarray(0, 4 + ((i * 31) % 600)));
    }
    await all;
    await received.close();
  });

  it("refuses what would corrupt the wire, and the connection goes on", async () => {
    const before = errors.length;
    await expect(nats.publish("a b", 1)).rejects.toThrow(InvalidSubjectError);
    await expect(nats.publish("a.*", 1)).rejects.toThrow(InvalidSubjectError);
    await expect(nats.publish("a", 1, { reply: "x\r\ny" })).rejects.toThrow(InvalidSubjectError);
    await expect(nats.publish("a", 1, { headers: { "a:b": "c" } })).rejects.toThrow(
      InvalidHeaderError,
    );
    await expect(nats.publish("a", 1, { headers: { a: "b\r\nc: d" } })).rejects.toThrow(
      InvalidHeaderError,
    );
    await expect(nats.publish("a", 1n)).rejects.toThrow(SerializeError);
    await expect(nats.publish("a", () => {})).rejects.toThrow(SerializeError);
    await expect(nats.publish("a", new Uint8Array(100_001))).rejects.toThrow(MaxPayloadError);
    await expect(nats.publish("a", "x".repeat(99_999))).rejects.toThrow(MaxPayloadError);
    expect(() => nats.post("a b", 1)).toThrow(InvalidSubjectError);
    // A promise may be ignored, so each of these was reported as well.
    expect(errors.length - before).toBe(9);
    await nats.publish("a", new Uint8Array(100_000));
    await nats.flush();
    expect(nats.state).toBe("open");
  });
});

describe("subscribe", () => {
  it("reads what the official client publishes, with subject, reply and headers", async () => {
    const got = collector<NatsMessage<unknown>>();
    const subscription = await nats.subscribe("in.*", (_, message) => got.add(message));
    const headers = peerHeaders();
    headers.append("A", "1");
    headers.append("A", "2");
    peer.publish("in.a", JSON.stringify({ x: "ö" }), { headers, reply: "there" });
    peer.publish("in.b");
    const [first, second] = await got.until(2);
    expect(first).toMatchObject({ value: { x: "ö" }, subject: "in.a", reply: "there" });
    expect(first?.headers?.values("A")).toEqual(["1", "2"]);
    expect(second).toMatchObject({ value: undefined, subject: "in.b", reply: undefined });
    expect(second?.headers).toBeUndefined();
    subscription.unsubscribe();
    await subscription.closed;
  });

  it("delivers nothing once it is unsubscribed, and its number is not reused too early", async () => {
    const got = collector<string>();
    const first = await nats.subscribe<string>("churn.a", (value) => got.add(value));
    peer.publish("churn.a", '"one"');
    await got.until(1);
    first.unsubscribe();
    first.unsubscribe();
    for (let i = 0; i < 100; i++) {
      const other = await nats.subscribe<string>(`churn.${i}`, (value) => got.add(`${i} ${value}`));
      peer.publish("churn.a", '"late"');
      peer.publish(`churn.${i}`, '"x"');
      await peer.flush();
      await nats.flush();
      other.unsubscribe();
    }
    expect(got.items).toEqual(["one", ...Array.from({ length: 100 }, (_, i) => `${i} x`)]);
  });

  it("shares the messages of a queue group (U2)", async () => {
    const got = collector<string>();
    const other = new NatsConnection({ servers: broker.url });
    await nats.subscribe("shared", () => got.add("a"), { queue: "workers" });
    await other.subscribe("shared", () => got.add("b"), { queue: "workers" });
    const plain = collector<number>();
    await nats.subscribe<number>("shared", (value) => plain.add(value));
    for (let i = 0; i < 200; i++) peer.publish("shared", String(i));
    await plain.until(200);
    await got.until(200);
    await other.flush();
    await nats.flush();
    expect(got.items.length).toBe(200);
    expect(new Set(got.items)).toEqual(new Set(["a", "b"]));
    await other.close();
  });

  it("gives what cannot be read to the error handler with subject and cause, and goes on", async () => {
    const got = collector<number>();
    const failed: NatsError[] = [];
    await nats.subscribe<number>("broken.*", (value) => got.add(value), {
      onError: (error) => failed.push(error),
    });
    peer.publish("broken.x", "{no json");
    peer.publish("broken.y", "7");
    expect(await got.until(1)).toEqual([7]);
    expect(failed).toHaveLength(1);
    expect(failed[0]).toBeInstanceOf(DeserializeError);
    expect(failed[0]).toMatchObject({ subject: "broken.x", code: "DESERIALIZE" });
    expect(failed[0]?.cause).toBeInstanceOf(SyntaxError);
  });

  it("goes on after handlers that throw and handlers that reject (D5)", async () => {
    const got = collector<number>();
    const failed = collector<NatsError>();
    await nats.subscribe<number>(
      "throwing",
      (value) => {
        if (value === 1) throw new Error("thrown");
        if (value === 2) return Promise.reject(new Error("rejected"));
        return got.add(value);
      },
      { onError: failed.add },
    );
    for (const value of [1, 2, 3]) peer.publish("throwing", String(value));
    expect(await got.until(1)).toEqual([3]);
    const [first, second] = await failed.until(2);
    expect(first).toBeInstanceOf(HandlerError);
    expect(first?.message).toBe('The handler of "throwing" failed: thrown');
    expect(second?.message).toBe('The handler of "throwing" failed: rejected');
  });

  it("reports to the connection where the subscription has no error handler, even if that throws", async () => {
    const shouting = new NatsConnection({
      servers: broker.url,
      onError: (error) => {
        reported.push(error);
        throw new Error("not even this");
      },
    });
    const reported: NatsError[] = [];
    const got = collector<number>();
    await shouting.subscribe<number>("shouting", (value) => {
      if (value === 1) throw new Error("thrown");
      got.add(value);
    });
    const printed: unknown[] = [];
    const original = console.error;
    console.error = (line: unknown) => printed.push(line);
    try {
      peer.publish("shouting", "1");
      peer.publish("shouting", "2");
      await got.until(1);
    } finally {
      console.error = original;
    }
    expect(reported.map((error) => error.code)).toEqual(["HANDLER"]);
    expect(printed).toHaveLength(1);
    await shouting.close();
  });

  it("rejects when the server does not permit it, and the connection goes on (V1)", async () => {
    const subscribe = nats.subscribe("denied.x", () => {});
    await expect(subscribe).rejects.toThrow(PermissionViolationError);
    await expect(subscribe).rejects.toMatchObject({
      operation: "subscription",
      subject: "denied.x",
      queue: undefined,
    });
    await expect(nats.subscribe("group.a", () => {}, { queue: "secret" })).rejects.toMatchObject({
      code: "PERMISSION_VIOLATION",
      queue: "secret",
    });
    await (await nats.subscribe("group.a", () => {}, { queue: "other" })).unsubscribe();
    expect(nats.state).toBe("open");
  });

  it("reports a publish that the server does not permit (V2)", async () => {
    const before = errors.length;
    nats.post("denied.y", 1);
    await nats.flush();
    expect(errors.slice(before)).toMatchObject([
      { code: "PERMISSION_VIOLATION", operation: "publish", subject: "denied.y" },
    ]);
  });

  it.each(["", "a b", "a..b", "a.>.b", "a\r\n"])("refuses the subject %j (S1)", async (subject) => {
    await expect(nats.subscribe(subject, () => {})).rejects.toThrow(InvalidSubjectError);
    await expect(nats.listen(subject, () => {})).rejects.toThrow(InvalidSubjectError);
    await expect(nats.messages(subject).next()).rejects.toThrow(InvalidSubjectError);
  });

  it.each(["", "a b", "a\r\n"])("refuses the queue group %j (S2)", async (queue) => {
    await expect(nats.subscribe("a", () => {}, { queue })).rejects.toThrow(InvalidSubjectError);
  });

  it("ends when its signal is aborted, before or after the server listens", async () => {
    const early = AbortSignal.abort(new Error("too early"));
    await expect(nats.subscribe("signal", () => {}, { signal: early })).rejects.toThrow(
      "too early",
    );
    const controller = new AbortController();
    const got = collector<string>();
    const subscription = await nats.subscribe<string>("signal", got.add, {
      signal: controller.signal,
    });
    peer.publish("signal", '"1"');
    await got.until(1);
    controller.abort();
    await subscription.closed;
    peer.publish("signal", '"2"');
    await peer.flush();
    await nats.flush();
    expect(got.items).toEqual(["1"]);
  });
});

describe("listen", () => {
  it("lends the bytes where they arrived", async () => {
    const got = collector<string>();
    await nats.listen("raw.>", ({ subject, reply, headers, buffer, start, end }) => {
      const text = Buffer.from(buffer.subarray(start, end)).toString();
      got.add(`${subject} ${reply} ${headers?.get("A")} ${text}`);
    });
    const headers = peerHeaders();
    headers.set("A", "b");
    peer.publish("raw.a", "one", { headers, reply: "r" });
    peer.publish("raw.b.c", "two");
    expect(await got.until(2)).toEqual(["raw.a r b one", "raw.b.c undefined undefined two"]);
  });
});

describe("serializers", () => {
  it("gives raw payloads that stay what they were when the next messages arrive (P3)", async () => {
    const got = collector<Uint8Array>();
    await nats.subscribe<Uint8Array>("keep", got.add, { serializer: rawSerializer });
    const sizes = [0, 1, 15, 16, 17, 100, 5_000, 16_384, 16_385, 60_000];
    for (let round = 0; round < 20; round++) {
      for (const size of sizes) peer.publish("keep", new Uint8Array(size).fill(round + 1));
    }
    const kept = await got.until(20 * sizes.length);
    kept.forEach((bytes, index) => {
      const round = Math.floor(index / sizes.length);
      const expected = new Uint8Array(sizes[index % sizes.length]!).fill(round + 1);
      expect(Buffer.compare(bytes, expected)).toBe(0);
    });
  });

  it("gives MessagePack binary fields that stay what they were", async () => {
    const got = collector<{ data: Uint8Array }>();
    await nats.subscribe<{ data: Uint8Array }>("keep.msgpack", got.add, {
      serializer: msgpackSerializer as never,
    });
    const packr = new Packr({ useRecords: false });
    for (let i = 0; i < 500; i++) {
      peer.publish("keep.msgpack", packr.pack({ data: new Uint8Array(1_000).fill(i % 256) }));
    }
    const kept = await got.until(500);
    for (const [i, { data }] of kept.entries()) expect(new Set(data)).toEqual(new Set([i % 256]));
  });

  it("writes MessagePack that any reader understands", async () => {
    const iterator = peer.subscribe("msgpack", { max: 1 })[Symbol.asyncIterator]();
    await peer.flush();
    await nats.publish("msgpack", { a: 1, b: "ü" }, { serializer: msgpackSerializer });
    const { value: message } = await iterator.next();
    // Worked out by the specification: map 16 of 2, fixstr 1 "a", 1, fixstr 1 "b", fixstr 2 "ü"
    expect([...message.data]).toEqual([0xde, 0, 2, 0xa1, 0x61, 1, 0xa1, 0x62, 0xa2, 0xc3, 0xbc]);
  });
});

describe("respond and request", () => {
  it("answer the official client, and ask it", async () => {
    await nats.respond<{ a: number; b: number }, number>("sum", ({ a, b }) => a + b);
    const answer = await peer.request("sum", JSON.stringify({ a: 2, b: 3 }));
    expect(answer.json()).toBe(5);

    peer.subscribe("double", {
      callback: (_, message) => {
        message.respond(JSON.stringify(2 * message.json<number>()));
      },
    });
    await peer.flush();
    expect(await nats.request("double", 21)).toBe(42);
    expect(await nats.request(new NatsKey("double"), 4)).toBe(8);
  });

  it("keep 2,000 requests apart, whatever order their answers take", async () => {
    await nats.respond<number, number>("shuffle", async (value) => {
      if (value % 3 === 0) await nats.ping();
      return value * value;
    });
    const answers = await Promise.all(
      Array.from({ length: 2_000 }, (_, i) => nats.request<number>("shuffle", i)),
    );
    expect(answers).toEqual(Array.from({ length: 2_000 }, (_, i) => i * i));
  });

  it("tell nobody there at once from nobody answering in time (Q2, Q3)", async () => {
    await expect(nats.request("nobody")).rejects.toThrow(NoRespondersError);
    await expect(nats.request("nobody")).rejects.toThrow('Nobody answers on "nobody"');
    await nats.subscribe("silent", () => {});
    const started = performance.now();
    await expect(nats.request("silent", 1, { timeout: 100 })).rejects.toThrow(TimeoutError);
    const took = performance.now() - started;
    expect(took).toBeGreaterThanOrEqual(99);
    expect(took).toBeLessThan(1_000);
  });

  it("drop an answer that comes too late, also when its place is taken by another request (Q5)", async () => {
    const late = collector<NatsMessage<unknown>>();
    await nats.subscribe("tardy", (_, message) => late.add(message));
    await expect(nats.request("tardy", "a", { timeout: 20 })).rejects.toThrow(TimeoutError);
    const [first] = await late.until(1);
    const second = nats.request("tardy", "b");
    await late.until(2);
    first?.respond("answer to a");
    late.items[1]?.respond("answer to b");
    expect(await second).toBe("answer to b");
  });

  it("reject with the reason of an aborted signal (Q5)", async () => {
    await nats.subscribe("abort.me", () => {});
    const controller = new AbortController();
    const request = nats.request("abort.me", 1, { signal: controller.signal });
    controller.abort(new RangeError("changed my mind"));
    await expect(request).rejects.toThrow(new RangeError("changed my mind"));
    await expect(nats.request("abort.me", 1, { signal: controller.signal })).rejects.toThrow(
      RangeError,
    );
  });

  it("give the requester a named error when the responder fails, and the responder its error", async () => {
    const failed: NatsError[] = [];
    const onError = (error: NatsError) => failed.push(error);
    await nats.respond(
      "fails",
      () => {
        throw new Error("no\r\nway");
      },
      { onError },
    );
    await nats.respond("fails.later", async () => Promise.reject(new Error("later")), { onError });
    await nats.respond("fails.writing", () => 1n, { onError });
    const request = nats.request("fails");
    await expect(request).rejects.toThrow(ServiceError);
    await expect(request).rejects.toMatchObject({ status: 500, description: "no way" });
    await expect(nats.request("fails.later")).rejects.toMatchObject({ description: "later" });
    await expect(nats.request("fails.writing")).rejects.toThrow(ServiceError);
    expect(failed.map((error) => error.code)).toEqual(["HANDLER", "HANDLER", "HANDLER"]);

    const answer = await peer.request("fails");
    expect(answer.headers?.get("Nats-Service-Error-Code")).toBe("500");
    expect(answer.headers?.get("Nats-Service-Error")).toBe("no way");
  });

  it("carry the code and the description that a responder chooses, which is no failure there", async () => {
    const failed: NatsError[] = [];
    await nats.respond<string, never>(
      "rooms",
      (id, { subject }) => {
        throw new ServiceError(subject, 404, `no room ${id}`);
      },
      { onError: (error) => failed.push(error) },
    );
    await expect(nats.request("rooms", "7")).rejects.toMatchObject({
      subject: "rooms",
      status: 404,
      description: "no room 7",
    });
    const answer = await peer.request("rooms", '"8"');
    expect(answer.data).toHaveLength(0);
    expect(answer.headers?.get("Nats-Service-Error-Code")).toBe("404");
    expect(answer.headers?.get("Nats-Service-Error")).toBe("no room 8");
    expect(failed).toEqual([]);
    // Nobody waits for an answer: then it is an error like any other.
    await nats.publish("rooms", "9");
    await nats.flush();
    expect(failed).toMatchObject([{ code: "HANDLER" }]);
  });

  it.each([
    [{ "Nats-Service-Error-Code": "418" }, 418, ""],
    [{ "Nats-Service-Error": "odd" }, 500, "odd"],
    [{ "Nats-Service-Error": "odd", "Nats-Service-Error-Code": "teapot" }, 500, "odd"],
  ])("tell a failed responder by the headers %j", async (given, status, description) => {
    const subscription = peer.subscribe("half", {
      callback: (_, message) => {
        const headers = peerHeaders();
        for (const [name, value] of Object.entries(given)) headers.set(name, value);
        message.respond("1", { headers });
      },
    });
    await peer.flush();
    await expect(nats.request("half")).rejects.toMatchObject({
      code: "SERVICE",
      status,
      description,
    });
    subscription.unsubscribe();
  });

  it("answer with an error of any length, as far as that fits", async () => {
    await nats.respond(
      "long",
      () => {
        throw new Error("x".repeat(2_000_000));
      },
      { onError: () => {} },
    );
    await expect(nats.request("long")).rejects.toMatchObject({ description: "x".repeat(1_000) });
  });

  it("answer a request that cannot be read with a service error 400", async () => {
    const failed: NatsError[] = [];
    await nats.respond("unreadable", () => 1, { onError: (error) => failed.push(error) });
    const answer = await peer.request("unreadable", "{");
    expect(answer.headers?.get("Nats-Service-Error-Code")).toBe("400");
    expect(failed.map((error) => error.code)).toEqual(["DESERIALIZE"]);
  });

  it("reject an answer that cannot be read", async () => {
    peer.subscribe("gibberish", { callback: (_, message) => void message.respond("{") });
    await peer.flush();
    await expect(nats.request("gibberish")).rejects.toThrow(DeserializeError);
  });

  it("reject what would corrupt the wire", async () => {
    await expect(nats.request("a b")).rejects.toThrow(InvalidSubjectError);
    await expect(nats.request("a", 1n)).rejects.toThrow(SerializeError);
    await expect(nats.request("a", 1, { timeout: 0 })).rejects.toThrow(InvalidArgumentError);
    await expect(nats.request("a", 1, { timeout: Number.NaN })).rejects.toThrow(
      InvalidArgumentError,
    );
    await expect(nats.request("denied.z")).rejects.toThrow(PermissionViolationError);
  });

  it("carry headers both ways (H1)", async () => {
    await nats.subscribe(
      "headers.echo",
      (value, message) =>
        void message.respond(value, { headers: { Echo: message.headers?.get("Ask") ?? "" } }),
    );
    const headers = peerHeaders();
    headers.set("Ask", "x");
    const answer = await peer.request("headers.echo", "1", { timeout: 1_000, headers });
    expect(answer.headers?.get("Echo")).toBe("x");
  });
});

describe("messages", () => {
  it("iterate in order, and unsubscribe when the loop is left (U4)", async () => {
    const values: unknown[] = [];
    const messages = nats.messages<number>("loop.*");
    await messages.ready;
    for (let i = 0; i < 10; i++) peer.publish(`loop.${i}`, String(i));
    for await (const { value, subject } of messages) {
      expect(subject).toBe(`loop.${value}`);
      values.push(value);
      if (values.length === 5) break;
    }
    expect(values).toEqual([0, 1, 2, 3, 4]);
    expect(await messages.next()).toEqual({ done: true, value: undefined });
  });

  it("deliver what is buffered after unsubscribing, then end", async () => {
    const messages = nats.messages<number>("loop.rest");
    await messages.ready;
    for (let i = 0; i < 3; i++) peer.publish("loop.rest", String(i));
    await peer.flush();
    await nats.flush();
    messages.unsubscribe();
    const values: number[] = [];
    for await (const { value } of messages) values.push(value);
    expect(values).toEqual([0, 1, 2]);
  });

  it("drop the newest when they are full, count and report it", async () => {
    const failed: NatsError[] = [];
    const messages = nats.messages<number>("loop.full", {
      maxBuffered: 3,
      onError: (error) => failed.push(error),
    });
    await messages.ready;
    for (let i = 0; i < 6; i++) peer.publish("loop.full", String(i));
    await peer.flush();
    await nats.flush();
    messages.unsubscribe();
    const values: number[] = [];
    for await (const { value } of messages) values.push(value);
    expect(values).toEqual([0, 1, 2]);
    expect(messages.dropped).toBe(3);
    expect(failed.map((error) => error.code)).toEqual(["MESSAGES_DROPPED"]);
  });

  it("drop the oldest when they are told to", async () => {
    const messages = nats.messages<number>("loop.oldest", {
      maxBuffered: 3,
      whenFull: "dropOldest",
      onError: () => {},
    });
    await messages.ready;
    for (let i = 0; i < 6; i++) peer.publish("loop.oldest", String(i));
    await peer.flush();
    await nats.flush();
    messages.unsubscribe();
    const values: number[] = [];
    for await (const { value } of messages) values.push(value);
    expect(values).toEqual([3, 4, 5]);
    expect(messages.dropped).toBe(3);
  });

  it("stop the reading when they are told to, and lose nothing", async () => {
    const reader = new NatsConnection({ servers: broker.url });
    const messages = reader.messages<number>("loop.pause", { maxBuffered: 10, whenFull: "pause" });
    await messages.ready;
    for (let i = 0; i < 50_000; i++) peer.publish("loop.pause", String(i));
    await peer.flush();
    let expected = 0;
    for await (const { value } of messages) {
      expect(value).toBe(expected++);
      if (expected === 50_000) break;
    }
    expect(messages.dropped).toBe(0);
    await reader.flush();
    await reader.close();
  });

  it("reject the loop when the server does not permit the subject", async () => {
    const messages = nats.messages("denied.loop", { onError: () => {} });
    await expect(messages.ready).rejects.toThrow(PermissionViolationError);
    await expect(messages.next()).rejects.toThrow(PermissionViolationError);
    expect(await messages.next()).toEqual({ done: true, value: undefined });
  });
});

describe("ping and flush", () => {
  it("measure the round trip, and wait for the server (F1)", async () => {
    const before = peer.stats().inMsgs;
    peer.subscribe("flushed", { callback: () => {} });
    await peer.flush();
    for (let i = 0; i < 1_000; i++) nats.post("flushed", i);
    await nats.flush();
    await peer.flush();
    expect(peer.stats().inMsgs - before).toBe(1_000);
    const roundTrip = await nats.ping();
    expect(roundTrip).toBeGreaterThan(0);
    expect(roundTrip).toBeLessThan(1_000);
  });
});

describe("options", () => {
  it.each([
    { servers: "" },
    { servers: [] },
    { servers: "http://x" },
    { servers: "nats://:4222" },
    { servers: "nats://h:99999" },
    { requestTimeout: 0 },
    { requestTimeout: Number.NaN },
    { pingInterval: -1 },
    { maxPendingBytes: 1.5 },
    { inboxPrefix: "_INBOX" },
    { inboxPrefix: "a.*." },
    { inboxPrefix: "a..b." },
    { servers: 5 as never },
    { servers: [5] as never },
    { logger: {} as never },
    { name: 5 as never },
    { echo: "no" as never },
    { serializer: {} as never },
    { onError: "x" as never },
  ])("refuse %j by name", (options) => {
    expect(() => new NatsConnection(options)).toThrow(InvalidArgumentError);
  });

  it("are frozen and can be spread", () => {
    const { authenticator, ...options } = new NatsConnection({ name: "a" }).options;
    expect(Object.isFrozen(new NatsConnection(options).options)).toBe(true);
    const { options: derived } = new NatsConnection({ ...options, authenticator, name: "b" });
    expect(derived).toMatchObject({ ...options, name: "b" });
  });

  it("keep own messages away with echo: false (C4)", async () => {
    const quiet = new NatsConnection({ servers: broker.url, echo: false });
    const got = collector<number>();
    await quiet.subscribe<number>("echo", got.add);
    await quiet.publish("echo", 1);
    await quiet.flush();
    peer.publish("echo", "2");
    expect(await got.until(1)).toEqual([2]);
    await quiet.close();
  });
});
