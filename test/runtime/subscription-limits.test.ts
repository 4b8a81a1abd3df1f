import { connect, type NatsConnection as Peer } from "@nats-io/transport-node";
import {
  InvalidArgumentError,
  NatsConnection,
  type NatsError,
  PermissionViolationError,
  type Subscription,
  TimeoutError,
} from "alternats";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { type Broker, startBroker } from "../support/broker.js";
import { type FakeClient, startFakeServer } from "../support/fake-server.js";
import { nextEvent } from "../support/next-event.js";

let broker: Broker;
let peer: Peer;
let nats: NatsConnection;
let errors: NatsError[];

beforeAll(async () => {
  broker = await startBroker({
    config: `
      accounts {
        A { users: [
          { user: all, password: x }
          { user: some, password: x, permissions {
            publish { deny: ["no.publish", "quo\\"te.publish"] }
            subscribe { deny: ["no.subscribe", "no.queue work", "quo\\"te"] }
          } }
          { user: noinbox, password: x, permissions { subscribe { deny: "_INBOX.>" } } }
        ] }
      }`,
  });
  peer = await connect({ servers: broker.url, user: "all", pass: "x" });
});

afterAll(async () => {
  await peer?.close();
  await broker?.[Symbol.asyncDispose]();
});

beforeEach(() => {
  errors = [];
  nats = as("all");
});

afterEach(() => nats.close());

function as(user: string): NatsConnection {
  const servers = broker.url.replace("://", `://${user}:x@`);
  return new NatsConnection({ servers, reconnectWait: 10, onError: (error) => errors.push(error) });
}

function publishMany(subject: string, count: number): Promise<void> {
  for (let i = 0; i < count; i++) peer.publish(subject, String(i));
  return peer.flush();
}

describe("a subscription with a maximum", () => {
  it("gets exactly that many messages and is then closed", async () => {
    const got: number[] = [];
    const subscription = await nats.subscribe<number>("max.a", (n) => void got.push(n), { max: 3 });
    await publishMany("max.a", 10);
    expect(await subscription.closed).toBeUndefined();
    expect(got).toEqual([0, 1, 2]);
    expect(nats.getStats().subscriptions).toBe(0);
  });

  it("ends a loop after that many messages", async () => {
    const messages = nats.messages<number>("max.b", { max: 2 });
    await messages.ready;
    await publishMany("max.b", 5);
    const got: number[] = [];
    for await (const { value } of messages) got.push(value);
    expect(got).toEqual([0, 1]);
  });

  it("lets concurrent handlers finish the waiting messages", async () => {
    const got: number[] = [];
    const subscription = await nats.subscribe<number>(
      "max.c",
      async (n) => {
        await nats.flush();
        got.push(n);
      },
      { max: 4, concurrency: 1 },
    );
    await publishMany("max.c", 10);
    await subscription.closed;
    expect(got).toEqual([0, 1, 2, 3]);
  });

  it("is closed with the last message if nothing waits", async () => {
    let open = 0;
    const subscription = await nats.listen("max.d", () => void open++, { max: 1 });
    await publishMany("max.d", 2);
    await subscription.closed;
    await nats.flush();
    expect(open).toBe(1);
  });

  it("can be limited later, and the limit can be raised and lowered", async () => {
    const got: number[] = [];
    const subscription = await nats.subscribe<number>("max.e", (n) => void got.push(n));
    await publishMany("max.e", 2);
    await nats.flush();
    subscription.unsubscribe(4);
    subscription.unsubscribe(5);
    await nats.flush();
    await publishMany("max.e", 10);
    await subscription.closed;
    expect(got).toEqual([0, 1, 0, 1, 2]);
  });

  it("ends at once if that many have already come", async () => {
    const got: number[] = [];
    const subscription = await nats.subscribe<number>("max.f", (n) => void got.push(n));
    await publishMany("max.f", 3);
    await nats.flush();
    subscription.unsubscribe(2);
    await subscription.closed;
    await publishMany("max.f", 3);
    await nats.flush();
    expect(got).toEqual([0, 1, 2]);
  });

  it("tells the server at once, so that it sends no more", async () => {
    const clients: FakeClient[] = [];
    await using server = await startFakeServer(async (client) => {
      clients.push(client);
      await client.greet();
      await client.answerPings();
    });
    await using one = new NatsConnection({ servers: server.url });
    await one.subscribe("max.g", () => {}, { max: 7 });
    expect(clients[0]!.received).toContain("SUB max.g 1\r\nUNSUB 1 7\r\n");
  });

  it("keeps its number and the remaining count after a reconnect", async () => {
    const clients: FakeClient[] = [];
    await using server = await startFakeServer(async (client) => {
      clients.push(client);
      await client.greet();
      await client.answerPings();
    });
    await using one = new NatsConnection({
      servers: server.url,
      reconnectWait: 1,
      onError: () => {},
    });
    const got: number[] = [];
    await one.subscribe("keep", () => {});
    const subscription = await one.subscribe<number>("max.h", (n) => void got.push(n), { max: 5 });
    clients[0]!.send("MSG max.h 2 1\r\n1\r\nMSG max.h 2 1\r\n2\r\n");
    await one.flush();
    clients[0]!.destroy();
    await nextEvent(one, "opened");
    expect(clients[1]!.received).toContain("SUB keep 1\r\nSUB max.h 2\r\nUNSUB 2 3\r\n");
    // More than the rest: a server that had not heard of the limit.
    for (let n = 3; n < 9; n++) clients[1]!.send(`MSG max.h 2 1\r\n${n}\r\n`);
    await subscription.closed;
    await one.flush();
    expect(got).toEqual([1, 2, 3, 4, 5]);
    expect(clients[1]!.received).toContain("UNSUB 2\r\n");
  });

  it("gets the remaining messages from a server that was restarted", async () => {
    await using restarted = await startBroker();
    await using one = new NatsConnection({
      servers: restarted.url,
      reconnectWait: 10,
      onError: () => {},
    });
    const got: number[] = [];
    const subscription = await one.subscribe<number>("max.i", (n) => void got.push(n), { max: 3 });
    await one.publish("max.i", 1);
    await one.flush();
    const opened = nextEvent(one, "opened");
    await restarted.restart("SIGKILL");
    await opened;
    for (const n of [2, 3, 4]) one.post("max.i", n);
    await subscription.closed;
    await one.flush();
    expect(got).toEqual([1, 2, 3]);
    expect(one.getStats().receivedMessages).toBe(3);
  });

  it("rejects an invalid number", async () => {
    for (const max of [0, -1, 1.5, Number.NaN]) {
      await expect(nats.subscribe("a", () => {}, { max })).rejects.toThrow(InvalidArgumentError);
    }
  });
});

describe("a subscription with a timeout", () => {
  // The clock of the test, so that a slow machine changes nothing.
  beforeEach(async () => {
    await nats.connect();
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  });
  afterEach(() => void vi.useRealTimers());

  it("ends with TimeoutError, in its error handler and in closed", async () => {
    const own: NatsError[] = [];
    const subscription = await nats.subscribe("late.a", () => {}, {
      timeout: 1_000,
      onError: (error) => own.push(error),
    });
    vi.advanceTimersByTime(999);
    expect(nats.getStats().subscriptions).toBe(1);
    vi.advanceTimersByTime(1);
    const reason = await subscription.closed;
    expect(reason).toBeInstanceOf(TimeoutError);
    expect(own).toEqual([reason]);
    expect(errors).toEqual([]);
    expect(nats.getStats().subscriptions).toBe(0);
  });

  it("rejects a subscribe that is not yet confirmed", async () => {
    const subscribing = nats.subscribe("late.unconfirmed", () => {}, { timeout: 1_000 });
    vi.advanceTimersByTime(1_000);
    await expect(subscribing).rejects.toThrow(TimeoutError);
    expect(errors).toEqual([]);
  });

  it("is thrown by a loop, and only there", async () => {
    const messages = nats.messages("late.b", { timeout: 1_000 });
    await messages.ready;
    vi.advanceTimersByTime(1_000);
    await expect(messages.next()).rejects.toThrow(TimeoutError);
    expect(await messages.next()).toEqual({ done: true, value: undefined });
    expect(errors).toEqual([]);
  });

  it("is cancelled by the first message", async () => {
    const messages = nats.messages<number>("late.c", { timeout: 1_000 });
    await messages.ready;
    await publishMany("late.c", 1);
    expect((await messages.next()).value).toMatchObject({ value: 0 });
    vi.advanceTimersByTime(5_000);
    await publishMany("late.c", 1);
    expect((await messages.next()).value).toMatchObject({ value: 0 });
    await messages.return?.();
  });

  it("is cancelled by unsubscribe", async () => {
    const subscription = await nats.subscribe("late.d", () => {}, { timeout: 1_000 });
    subscription.unsubscribe();
    vi.advanceTimersByTime(5_000);
    expect(await subscription.closed).toBeUndefined();
    expect(errors).toEqual([]);
  });
});

describe("a permission violation", () => {
  it("ends its subscription, and the connection stays open", async () => {
    await using some = as("some");
    const live = await some.subscribe("no.other", () => {});
    for (const [subject, queue] of [["no.subscribe"], ["no.queue", "work"], ['quo"te']] as const) {
      const attempt = some.subscribe(subject!, () => {}, queue === undefined ? {} : { queue });
      await expect(attempt).rejects.toMatchObject({
        code: "PERMISSION_VIOLATION",
        operation: "subscription",
        subject,
        queue,
      });
    }
    await some.flush();
    expect(errors).toEqual([]);
    expect(some.getStats().subscriptions).toBe(1);
    live.unsubscribe();
  });

  it("ends only the subscription with that queue group", async () => {
    await using some = as("some");
    const plain = await some.subscribe("no.queue", () => {});
    await expect(some.subscribe("no.queue", () => {}, { queue: "work" })).rejects.toThrow(
      PermissionViolationError,
    );
    await using other = await some.subscribe("no.queue", () => {}, { queue: "play" });
    let ended = false;
    void Promise.race([plain.closed, other.closed]).then(() => {
      ended = true;
    });
    await some.flush();
    expect(ended).toBe(false);
  });

  it("of a publish is reported with its subject", async () => {
    await using some = as("some");
    await some.publish("no.publish", 1);
    await some.publish('quo"te.publish', 1);
    await some.flush();
    expect(errors).toMatchObject([
      { operation: "publish", subject: "no.publish" },
      { operation: "publish", subject: 'quo"te.publish' },
    ]);
  });

  it("rejects its requests, and no others", async () => {
    await using some = as("some");
    await using responder = await nats.respond("yes", () => 1);
    const refused = { code: "PERMISSION_VIOLATION", operation: "publish", subject: "no.publish" };
    const answered = some.request("yes");
    await expect(some.request("no.publish")).rejects.toMatchObject(refused);
    await expect(some.requestMany("no.publish").next()).rejects.toMatchObject(refused);
    expect(await answered).toBe(1);
    expect(responder.subject).toBe("yes");
    expect(errors).toEqual([]);
  });

  it("of the inbox rejects all requests", async () => {
    await using denied = as("noinbox");
    const all = [denied.request("a"), denied.request("b"), denied.requestMany("c").next()];
    for (const result of await Promise.allSettled(all)) {
      expect(result).toMatchObject({
        reason: { code: "PERMISSION_VIOLATION", operation: "subscription" },
      });
    }
    expect(errors).toEqual([]);
  });

  it("keeps the reply's subscription if the request was rejected", async () => {
    await using some = as("some");
    const got: unknown[] = [];
    await using subscription = await some.subscribe("my.reply", (value) => void got.push(value));
    await some.publish("no.publish", 1, { reply: "my.reply" });
    await some.flush();
    await publishMany(subscription.subject, 1);
    await some.flush();
    expect(got).toEqual([0]);
  });

  /** A subscription whose server refuses it later, in the words given. */
  async function refusedLater(
    words: (sid: number) => string,
    queue?: string,
  ): Promise<{ subscription: Subscription; other: Subscription; own: NatsError[] }> {
    const server = await startFakeServer(async (client) => {
      await client.greet();
      await client.answerPings();
    });
    const one = new NatsConnection({ servers: server.url, onError: (error) => errors.push(error) });
    const own: NatsError[] = [];
    const options = { onError: (error: NatsError) => own.push(error) };
    const other = await one.subscribe("later", () => {}, options);
    const subscription = await one.subscribe("later", () => {}, {
      ...options,
      ...(queue === undefined ? {} : { queue }),
    });
    server.clients[0]!.send(`-ERR '${words(2)}'\r\n`);
    await one.flush();
    await Promise.race([subscription.closed, other.closed]);
    await one.close();
    await server[Symbol.asyncDispose]();
    return { subscription, other, own };
  }

  it.each([
    [
      "of a reload, by its number",
      (sid: number) => `Permissions Violation for Subscription to "later" (sid "${sid}")`,
      undefined,
    ],
    [
      "with its queue group",
      () => 'Permissions Violation for Subscription to "later" using queue "q"',
      "q",
    ],
    [
      "in lower case",
      () => 'permissions violation for subscription to "later" using queue "q"',
      "q",
    ],
  ])("ends the right one of two subscriptions: %s", async (_, words, queue) => {
    const { subscription, own } = await refusedLater(words, queue);
    expect(await subscription.closed).toBeInstanceOf(PermissionViolationError);
    expect(own).toHaveLength(1);
    expect(errors).toEqual([]);
  });

  it("of a reply subject rejects its request", async () => {
    await using server = await startFakeServer(async (client) => {
      await client.greet();
      await client.until("PUB other");
      const reply = /PUB refused (\S+) /.exec(client.received)![1];
      client.send(`-ERR 'Permissions Violation for Publish with Reply of "${reply}"'\r\n`);
      await client.answerPings();
    });
    await using one = new NatsConnection({ servers: server.url, onError: () => {} });
    const refused = one.request("refused");
    const other = one.request("other");
    await expect(refused).rejects.toMatchObject({ code: "PERMISSION_VIOLATION" });
    await one.close();
    await expect(other).rejects.toMatchObject({ code: "CONNECTION_CLOSED" });
  });

  it("after a reload of the configuration ends the subscription, and the others continue", async () => {
    const denied = (subject: string) =>
      `authorization { users: [{ user: u, password: x, permissions { subscribe { deny: "${subject}" } } }] }`;
    await using server = await startBroker({ config: denied("nothing") });
    await using one = new NatsConnection({
      servers: server.url.replace("://", "://u:x@"),
      onError: (error) => errors.push(error),
    });
    const taken = await one.subscribe("taken", () => {});
    await using kept = await one.subscribe("kept", () => {});
    await server.reload(denied("taken"));
    expect(await taken.closed).toMatchObject({ operation: "subscription", subject: "taken" });
    expect(kept.subject).toBe("kept");
    expect(one.getStats().subscriptions).toBe(1);
    expect(errors).toHaveLength(1);
  });
});
