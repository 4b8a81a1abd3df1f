import {
  connect,
  type NatsConnection as Peer,
  headers as peerHeaders,
} from "@nats-io/transport-node";
import {
  DeserializeError,
  InvalidArgumentError,
  InvalidSubjectError,
  jsonSerializer,
  NatsConnection,
  type NatsError,
  NatsKey,
  type NatsMessage,
  type NatsOptions,
  NoRespondersError,
  PermissionViolationError,
  SerializeError,
  ServiceError,
  TimeoutError,
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

describe("respond and request", () => {
  it("work with the official client, both ways", async () => {
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

  it("match 2,000 requests with their answers in any order", async () => {
    await nats.respond<number, number>("shuffle", async (value) => {
      if (value % 3 === 0) await nats.ping();
      return value * value;
    });
    const answers = await Promise.all(
      Array.from({ length: 2_000 }, (_, i) => nats.request<number>("shuffle", i)),
    );
    expect(answers).toEqual(Array.from({ length: 2_000 }, (_, i) => i * i));
  });

  it("distinguish no responder at once from no answer in time", async () => {
    await expect(nats.request("nobody")).rejects.toThrow(NoRespondersError);
    await expect(nats.request("nobody")).rejects.toThrow('Nobody answers on "nobody"');
    await nats.subscribe("silent", () => {});
    const started = performance.now();
    await expect(nats.request("silent", 1, { timeout: 100 })).rejects.toThrow(TimeoutError);
    const took = performance.now() - started;
    expect(took).toBeGreaterThanOrEqual(99);
    // Without an answer, the default is 5 seconds.
    expect(took).toBeLessThan(4_500);
  });

  it("drop a late answer, even if another request has its place", async () => {
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

  it("reject with the reason of an aborted signal", async () => {
    await nats.subscribe("abort.me", () => {});
    const controller = new AbortController();
    const request = nats.request("abort.me", 1, { signal: controller.signal });
    controller.abort(new RangeError("changed my mind"));
    await expect(request).rejects.toThrow(new RangeError("changed my mind"));
    await expect(nats.request("abort.me", 1, { signal: controller.signal })).rejects.toThrow(
      RangeError,
    );
  });

  it("report a named error to the requester when the responder fails, and the error to the responder", async () => {
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

  it("carry the code and the description of a responder's choice, which is not an error there", async () => {
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
  ])("recognize a failed responder by the headers %j", async (given, status, description) => {
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

  it("answer with an error of any length, shortened to fit", async () => {
    await nats.respond(
      "long",
      () => {
        throw new Error("x".repeat(2_000_000));
      },
      { onError: () => {} },
    );
    await expect(nats.request("long")).rejects.toMatchObject({ description: "x".repeat(1_000) });
  });

  it("answer an unreadable request with a service error 400", async () => {
    const failed: NatsError[] = [];
    await nats.respond("unreadable", () => 1, { onError: (error) => failed.push(error) });
    const answer = await peer.request("unreadable", "{");
    expect(answer.headers?.get("Nats-Service-Error-Code")).toBe("400");
    expect(failed.map((error) => error.code)).toEqual(["DESERIALIZE"]);
  });

  it("reject an unreadable answer", async () => {
    peer.subscribe("gibberish", { callback: (_, message) => void message.respond("{") });
    await peer.flush();
    await expect(nats.request("gibberish")).rejects.toThrow(DeserializeError);
  });

  it("reject values that would corrupt the protocol", async () => {
    await expect(nats.request("a b")).rejects.toThrow(InvalidSubjectError);
    await expect(nats.request("a", 1n)).rejects.toThrow(SerializeError);
    await expect(nats.request("a", 1, { timeout: 0 })).rejects.toThrow(InvalidArgumentError);
    await expect(nats.request("a", 1, { timeout: Number.NaN })).rejects.toThrow(
      InvalidArgumentError,
    );
    await expect(nats.request("denied.z")).rejects.toThrow(PermissionViolationError);
  });

  it("carry headers both ways", async () => {
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

describe("a request whose answer's deserializer aborts it", () => {
  it("rejects with the reason, and the requests after it get their own answers", async () => {
    await using nats = connection();
    await nats.respond("echo", (value) => value);
    const controller = new AbortController();
    const replySerializer = {
      ...jsonSerializer,
      deserialize() {
        controller.abort(new Error("enough"));
        return 1;
      },
    };
    const { signal } = controller;
    await expect(nats.request("echo", 1, { replySerializer, signal })).rejects.toThrow("enough");
    const answers = await Promise.all(["A", "B", "C"].map((text) => nats.request("echo", text)));
    expect(answers).toEqual(["A", "B", "C"]);
    expect(nats.getStats().reconnects).toBe(0);
  });
});

describe("requests", () => {
  it("share one inbox subscription, and each has its own token", () =>
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

  it("use the given inbox prefix, which must not have wildcards", async () => {
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

describe("a request without an answer in time", () => {
  it("rejects with TimeoutError, and leaves nothing behind", async () => {
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

  it("gets five seconds by default", () => {
    expect(new NatsConnection().options.requestTimeout).toBe(5_000);
  });
});
