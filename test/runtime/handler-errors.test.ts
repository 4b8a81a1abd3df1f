import { once } from "node:events";
import { connect as dial } from "node:net";
import { connect as connectPeer, type NatsConnection as Peer } from "@nats-io/transport-node";
import { NatsConnection, type NatsError, type NatsOptions } from "alternats";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type Broker, startBroker } from "../support/broker.js";
import { startFakeServer } from "../support/fake-server.js";
import { nextEvent } from "../support/next-event.js";

let broker: Broker;
let peer: Peer;

function connection(options: NatsOptions = {}): NatsConnection {
  return new NatsConnection({ servers: broker.url, onError: () => {}, ...options });
}

/** Has the official client publish, and waits until all of it has arrived. */
async function publish(nats: NatsConnection, ...messages: [subject: string, json: string][]) {
  for (const [subject, json] of messages) peer.publish(subject, json);
  await peer.flush();
  await nats.flush();
}

beforeAll(async () => {
  broker = await startBroker();
  peer = await connectPeer({ servers: broker.url });
});

afterAll(async () => {
  await peer?.close();
  await broker?.[Symbol.asyncDispose]();
});

describe("reading continues", () => {
  it("when a subscription's error handler throws", async () => {
    const errors: NatsError[] = [];
    await using nats = connection({ onError: (error) => errors.push(error) });
    const onError = () => {
      throw new Error("the error handler is wrong too");
    };
    const fail = () => {
      throw new Error("handler");
    };
    await nats.subscribe("thrown.sync", fail, { onError });
    await nats.subscribe("thrown.async", async () => fail(), { onError });
    await nats.subscribe("thrown.queued", fail, { onError, concurrency: 1 });
    await nats.subscribe("thrown.read", () => {}, { onError });
    await nats.listen("thrown.listen", fail, { onError });
    await publish(
      nats,
      ...["sync", "async", "queued", "listen"].map((one): [string, string] => [
        `thrown.${one}`,
        "1",
      ]),
      ["thrown.read", "{"],
    );
    await nats.flush();
    expect(errors).toHaveLength(5);
    for (const error of errors) expect(error.message).toContain("the error handler is wrong too");
    expect(nats.getStats().reconnects).toBe(0);
  });

  it("when the connection's error handler throws, and the error is printed", async () => {
    const print = vi.spyOn(console, "error").mockImplementation(() => {});
    const wrong = new Error("the error handler is wrong");
    await using nats = connection({
      onError: () => {
        throw wrong;
      },
    });
    await nats.subscribe("printed", () => {
      throw new Error("handler");
    });
    await publish(nats, ["printed", "1"], ["printed", "{"]);
    await nats.flush();
    const printed = print.mock.calls.map(([what]) => what);
    print.mockRestore();
    expect(printed).toEqual([wrong, wrong]);
    expect(nats.getStats().reconnects).toBe(0);
  });

  it("when error handlers and listeners are asynchronous and reject", async () => {
    const print = vi.spyOn(console, "error").mockImplementation(() => {});
    const wrong = new Error("asynchronously wrong");
    const reject = () => Promise.reject(wrong);
    await using nats = connection({ onError: reject });
    nats.on("opened", reject);
    await nats.connect();
    await nats.subscribe("late", () => {}, { onError: reject });
    await publish(nats, ["late", "{"]);
    await nats.flush();
    const printed = print.mock.calls.map(([what]) => what);
    print.mockRestore();
    expect(printed).toEqual([wrong, wrong]);
  });

  it("when a handler throws a value that cannot be converted to a string", async () => {
    const errors: NatsError[] = [];
    await using nats = connection({ onError: (error) => errors.push(error) });
    const bare: unknown = Object.create(null);
    await nats.subscribe("bare.sync", () => {
      throw bare;
    });
    await nats.subscribe("bare.async", () => Promise.reject(bare));
    await nats.respond("bare.respond", () => {
      throw bare;
    });
    await publish(nats, ["bare.sync", "1"], ["bare.async", "1"]);
    await expect(nats.request("bare.respond", 1)).rejects.toMatchObject({ code: "SERVICE" });
    expect(errors.map(({ code, cause }) => [code, cause])).toEqual(
      Array(3).fill(["HANDLER", bare]),
    );
    expect(nats.getStats().reconnects).toBe(0);
  });

  it("when an asynchronous handler of raw messages rejects, and the error is reported", async () => {
    const errors: NatsError[] = [];
    await using nats = connection({ onError: (error) => errors.push(error) });
    await nats.listen("rejected", async () => {
      throw new Error("listener");
    });
    await publish(nats, ["rejected", "1"]);
    await nats.flush();
    expect(errors).toMatchObject([{ code: "HANDLER", subject: "rejected" }]);
  });

  it("when the logger throws, and a lost connection is restored", async () => {
    await using server = await startFakeServer((client) => client.greet());
    const errors: NatsError[] = [];
    const boom = () => {
      throw new Error("logger");
    };
    await using nats = new NatsConnection({
      servers: server.url,
      requestTimeout: 100,
      reconnectWait: 10,
      onError: (error) => errors.push(error),
      logger: { trace: boom, debug: boom, info: boom, warn: boom, error: boom },
    });
    await nats.connect();
    const opened = nextEvent(nats, "opened");
    server.clients[0]!.destroy();
    expect((await opened).reconnected).toBe(true);
    expect(errors.map(({ code }) => code)).toEqual(Array(3).fill("HANDLER"));
  });

  it("when a request has an invalid reply subject, with or without other mistakes", async () => {
    const errors: NatsError[] = [];
    await using nats = connection({ onError: (error) => errors.push(error) });
    const refusing = {
      "~standard": {
        version: 1 as const,
        vendor: "test",
        validate: async () => ({ issues: [{ message: "no" }] }),
      },
    };
    await nats.respond("echo", (value) => value);
    await nats.respond("late", async (value) => value);
    await nats.respond("refused", (value) => value, { schema: refusing });
    const stranger = dial(broker.port, "127.0.0.1");
    stranger.write(
      "CONNECT {}\r\n" +
        ["echo", "late"].map((to) => `PUB ${to} a..b 1\r\n1\r\nPUB ${to} a.* 1\r\n1\r\n`).join("") +
        ["echo", "late"].map((to) => `PUB ${to} a..b 1\r\n{\r\n`).join("") +
        "PUB refused a..b 1\r\n1\r\nPING\r\n",
    );
    let answer = "";
    while (!answer.includes("PONG")) answer += String((await once(stranger, "data"))[0]);
    stranger.destroy();
    expect(await nats.request("echo", "still here")).toBe("still here");
    await nats.flush();
    const codes = errors.map(({ code }) => code).sort();
    // One for each request, and one for each refusal that could not be sent.
    expect(codes).toEqual([
      ...Array(2).fill("DESERIALIZE"),
      ...Array(4).fill("HANDLER"),
      ...Array(3).fill("INVALID_SUBJECT"),
      "VALIDATION",
    ]);
    // It is the reply that failed, and not its handler.
    const replies = errors.filter(({ code }) => code === "HANDLER").map(({ message }) => message);
    for (const subject of ["echo", "late"]) {
      expect(replies.filter((text) => text.includes(`a request on "${subject}"`))).toEqual([
        expect.stringMatching(/^The reply to a request on "\w+" failed: .*"a\.\.b"/),
        expect.stringMatching(/^The reply to a request on "\w+" failed: .*"a\.\*"/),
      ]);
    }
    expect(nats.getStats().reconnects).toBe(0);
  });
});
