import { once } from "node:events";
import { connect as dial } from "node:net";
import { connect as connectPeer, type NatsConnection as Peer } from "@nats-io/transport-node";
import {
  jsonSerializer,
  NatsConnection,
  type NatsError,
  type NatsOptions,
  rawSerializer,
  type StandardSchema,
} from "alternats";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type Broker, startBroker } from "../support/broker.js";
import { PLAIN_INFO, startFakeServer } from "../support/fake-server.js";
import { nextEvent } from "../support/next-event.js";

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

function connection(options: NatsOptions = {}): NatsConnection {
  return new NatsConnection({ servers: broker.url, onError: () => {}, ...options });
}

/** Has the official client publish, and waits until all of it has arrived. */
async function publish(nats: NatsConnection, ...messages: [subject: string, json: string][]) {
  for (const [subject, json] of messages) peer.publish(subject, json);
  await peer.flush();
  await nats.flush();
}

describe("a wildcard subscription", () => {
  it("gives each message its own subject, also when that has the length of the one before", async () => {
    await using nats = connection();
    const got: string[] = [];
    await nats.subscribe("own.*", (value, { subject }) => void got.push(`${subject} ${value}`));
    for (const i of [1, 2, 3, 1]) await publish(nats, [`own.${i}`, String(i)]);
    expect(got).toEqual(["own.1 1", "own.2 2", "own.3 3", "own.1 1"]);
  });
});

describe("the reading goes on", () => {
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

  it("when the connection's error handler throws, which is printed", async () => {
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

  it("when a handler throws what cannot be shown as text", async () => {
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

  it("when an asynchronous handler of raw messages rejects, which is reported", async () => {
    const errors: NatsError[] = [];
    await using nats = connection({ onError: (error) => errors.push(error) });
    await nats.listen("rejected", async () => {
      throw new Error("listener");
    });
    await publish(nats, ["rejected", "1"]);
    await nats.flush();
    expect(errors).toMatchObject([{ code: "HANDLER", subject: "rejected" }]);
  });

  it("when the logger throws, and a lost connection comes back", async () => {
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

  it("when a request has a reply subject that cannot be answered, whatever is wrong with it besides", async () => {
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
    expect(nats.getStats().reconnects).toBe(0);
  });
});

describe("pausing the reading", () => {
  const PAUSING = { maxBuffered: 1, whenFull: "pause", serializer: rawSerializer } as const;

  it("before the handshake of a new connection is done leaves that connection alone", async () => {
    const reports: NatsError[] = [];
    await using server = await startFakeServer(async (client) => {
      if (server.clients.length === 1) return client.greet().then(() => client.answerPings());
      client.send(PLAIN_INFO);
      await client.until("PING\r\n");
      // The subscription is in force before the server has read the PING behind it.
      client.send("MSG s 1 1\r\n1\r\nMSG s 1 1\r\n2\r\nPONG\r\nMSG s 1 1\r\n3\r\n");
      await client.answerPings();
    });
    await using nats = new NatsConnection({
      servers: server.url,
      reconnectWait: 10,
      reconnectJitter: 0,
      connectTimeout: 500,
      onError: (error) => reports.push(error),
    });
    const messages = nats.messages("s", PAUSING);
    await messages.ready;
    const opened = nextEvent(nats, "opened");
    server.clients[0]!.destroy();
    await opened;
    const got: string[] = [];
    for await (const { value } of messages) {
      if (got.push(Buffer.from(value).toString()) === 3) break;
    }
    expect(got).toEqual(["1", "2", "3"]);
    await nats.flush();
    expect(server.clients).toHaveLength(2);
    expect(reports).toEqual([]);
  });

  it("by our own queue is not held against a server that answers", async () => {
    await using server = await startFakeServer(async (client) => {
      await client.greet();
      await client.answerPings();
    });
    await using nats = new NatsConnection({
      servers: server.url,
      pingInterval: 20,
      maxPingOut: 2,
      reconnectWait: 10,
      onError: () => {},
    });
    const messages = nats.messages("s", PAUSING);
    await messages.ready;
    const client = await server.client(1);
    for (let i = 0; i < 9; i++) client.send(`MSG s 1 1\r\n${i}\r\n`);
    // The handshake's, the subscription's, and six that cannot be seen answered.
    await client.until("PING\r\n", 8);
    let got = "";
    for await (const { value } of messages) {
      got += Buffer.from(value).toString();
      if (got.length === 9) break;
    }
    expect(got).toBe("012345678");
    await nats.flush();
    expect(server.clients).toHaveLength(1);
  });
});

describe("no handler call begins after unsubscribe", () => {
  it("where handlers wait for their turn", async () => {
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

  it("where messages are still being checked", async () => {
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
