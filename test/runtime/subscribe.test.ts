import {
  connect,
  type NatsConnection as Peer,
  headers as peerHeaders,
} from "@nats-io/transport-node";
import {
  DeserializeError,
  HandlerError,
  InvalidSubjectError,
  NatsConnection,
  type NatsError,
  type NatsMessage,
  type NatsOptions,
  PermissionViolationError,
  type StandardSchema,
} from "alternats";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Broker, startBroker } from "../support/broker.js";
import { collector } from "../support/collector.js";
import { type FakeClient, startFakeServer } from "../support/fake-server.js";

let broker: Broker;
let nats: NatsConnection;
let peer: Peer;
/** Errors that went to the connection's error handler. */
let errors: NatsError[];

function connection(options: NatsOptions = {}): NatsConnection {
  return new NatsConnection({ servers: broker.url, onError: () => {}, ...options });
}

/** Has the official client publish, and waits until all of it has arrived. */
async function publish(nats: NatsConnection, ...messages: [subject: string, json: string][]) {
  for (const [subject, json] of messages) peer.publish(subject, json);
  await peer.flush();
  await nats.flush();
}

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

  it("delivers nothing after unsubscribe, and its number is not reused too early", async () => {
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

  it("shares the messages of a queue group", async () => {
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

  it("reports an unreadable message to the error handler with subject and cause, and continues", async () => {
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

  it("continues after handlers that throw or reject", async () => {
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

  it("reports to the connection if the subscription has no error handler, even if that throws", async () => {
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

  it("rejects when the server does not permit it, and the connection stays open", async () => {
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

  it("reports a publish that the server does not permit", async () => {
    const before = errors.length;
    nats.post("denied.y", 1);
    await nats.flush();
    expect(errors.slice(before)).toMatchObject([
      { code: "PERMISSION_VIOLATION", operation: "publish", subject: "denied.y" },
    ]);
  });

  it.each(["", "a b", "a..b", "a.>.b", "a\r\n"])("rejects the subject %j", async (subject) => {
    await expect(nats.subscribe(subject, () => {})).rejects.toThrow(InvalidSubjectError);
    await expect(nats.listen(subject, () => {})).rejects.toThrow(InvalidSubjectError);
    await expect(nats.messages(subject).next()).rejects.toThrow(InvalidSubjectError);
  });

  it.each(["", "a b", "a\r\n"])("rejects the queue group %j", async (queue) => {
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
  it("lends the bytes in the read buffer", async () => {
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

describe("a wildcard subscription", () => {
  it("passes each message its own subject, even if it is as long as the one before", async () => {
    await using nats = connection();
    const got: string[] = [];
    await nats.subscribe("own.*", (value, { subject }) => void got.push(`${subject} ${value}`));
    for (const i of [1, 2, 3, 1]) await publish(nats, [`own.${i}`, String(i)]);
    expect(got).toEqual(["own.1 1", "own.2 2", "own.3 3", "own.1 1"]);
  });
});

describe("no handler call begins after unsubscribe", () => {
  it("when handlers wait for their turn", async () => {
    await using nats = connection();
    let calls = 0;
    let finish = () => {};
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const handler = () => {
      calls++;
      return finished;
    };
    const subscription = await nats.subscribe("turns", handler, { concurrency: 2 });
    await publish(nats, ...Array<[string, string]>(50).fill(["turns", "1"]));
    await nats.flush();
    expect(calls).toBe(2);
    subscription.unsubscribe();
    finish();
    for (let i = 0; i < 3; i++) await nats.flush();
    expect(calls).toBe(2);
  });

  it("when messages are still being validated", async () => {
    await using nats = connection();
    let checked = () => {};
    const checking = new Promise<void>((resolve) => {
      checked = resolve;
    });
    const schema: StandardSchema<unknown> = {
      "~standard": {
        version: 1,
        vendor: "test",
        validate: (value) => checking.then(() => ({ value })),
      },
    };
    let calls = 0;
    const subscription = await nats.subscribe("checks", () => void calls++, { schema });
    await publish(nats, ["checks", "1"], ["checks", "2"]);
    subscription.unsubscribe();
    checked();
    await nats.flush();
    expect(calls).toBe(0);
  });
});

describe("messages", () => {
  it("are delivered by the subscription's number, with the server's subject", () =>
    withFake(async (one, client) => {
      const got: string[] = [];
      await one.subscribe("asked", (value, { subject }) => void got.push(`${subject} ${value}`));
      client.send("MSG stored.subject 1 1\r\n7\r\nMSG asked 2 1\r\n8\r\n");
      await one.flush();
      expect(got).toEqual(["stored.subject 7"]);
    }));
});

describe("a queue group", () => {
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

describe("a loop that is left", () => {
  it("by break is unsubscribed", async () => {
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

describe("draining a subscription", () => {
  it("returns the same promise when called twice, even after its end", async () => {
    const subscription = await nats.subscribe("d1", () => {});
    const draining = subscription.drain();
    expect(subscription.drain()).toBe(draining);
    await draining;
    expect(subscription.drain()).toBe(draining);
    expect(await subscription.closed).toBeUndefined();
  });
});
