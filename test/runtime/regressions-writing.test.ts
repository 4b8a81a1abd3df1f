import { connect as connectPeer, type NatsConnection as Peer } from "@nats-io/transport-node";
import {
  BatchError,
  jsonSerializer,
  NatsConnection,
  NatsHeaders,
  type NatsOptions,
  NestedCommandError,
  PendingLimitError,
} from "alternats";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ChunkPool } from "../../runtime/src/buffers/chunk-pool.ts";
import { WriteBuffer } from "../../runtime/src/buffers/write-buffer.ts";
import { ProtocolWriter } from "../../runtime/src/protocol/protocol-writer.ts";
import { type Broker, startBroker } from "../support/broker.js";

const latin1 = (memory: Uint8Array, length: number) =>
  Buffer.from(memory.subarray(0, length)).toString("latin1");

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

const CHUNK = 1_024;

function setUp(maxPendingBytes = 1 << 26) {
  const buffer = new WriteBuffer(new ChunkPool(CHUNK), maxPendingBytes, () => {});
  const writer = new ProtocolWriter(buffer);
  const written = (): string => {
    const chunks = buffer.full.map(({ memory, length }) => latin1(memory, length));
    return chunks.join("") + latin1(buffer.buffer, buffer.position);
  };
  const publish = (subject: string, payload: string) =>
    writer.publish(subject, Buffer.from(payload), undefined, undefined, undefined);
  return { buffer, writer, written, publish };
}

describe("a command that crosses into another chunk", () => {
  // "PUB f " and the digits of the size take up to 12 bytes of the chunk: every offset is met.
  const fillers = Array.from({ length: CHUNK }, (_, i) => i);

  it("keeps the number of a request's reply subject, wherever the chunk ends", () => {
    const inbox = Buffer.from("_INBOX.0123456789abcdefghijkl.");
    for (const size of fillers) {
      const { writer, written, publish } = setUp();
      publish("f", ".".repeat(size));
      writer.request("svc", Buffer.from("x"), undefined, undefined, inbox, 123_456);
      expect(written()).toBe(
        `PUB f ${size}\r\n${".".repeat(size)}\r\nPUB svc _INBOX.0123456789abcdefghijkl.123456 1\r\nx\r\n`,
      );
    }
  });

  it("keeps the sizes of headers and of all, wherever the chunk ends", () => {
    const headers = new NatsHeaders({ A: "b" });
    for (const size of fillers) {
      const { writer, written, publish } = setUp();
      publish("f", ".".repeat(size));
      writer.publish("svc", Buffer.from("x"), undefined, headers, "r");
      const [head, blanks, tail, ...more] = written().split(/( +)(?=\r\nNATS)/);
      // "NATS/1.0\r\n" 10, "A: b\r\n" 6, "\r\n" 2
      expect(head).toBe(`PUB f ${size}\r\n${".".repeat(size)}\r\nHPUB svc r 18 19`);
      expect(blanks).toMatch(/^ +$/);
      expect(tail).toBe("\r\nNATS/1.0\r\nA: b\r\n\r\nx\r\n");
      expect(more).toEqual([]);
    }
  });

  it("leaves the chunks before it alone when memory for it cannot be had", () => {
    const { writer, written, publish } = setUp(Number.MAX_SAFE_INTEGER);
    publish("first", "payload");
    publish("second", "payload");
    const huge = {
      ...jsonSerializer,
      serialize: (_: unknown, to: { reserve(size: number): void }) => to.reserve(1e15),
    };
    expect(() => writer.publish("third", 1, huge, undefined, undefined)).toThrow("third");
    publish("fourth", "payload");
    expect(written()).toBe(
      "PUB first 7\r\npayload\r\nPUB second 7\r\npayload\r\nPUB fourth 7\r\npayload\r\n",
    );
  });

  it("leaves a smaller chunk that is filled no further than it is long when there is no room for it", () => {
    const { writer, written, publish } = setUp(20_000);
    const large = "l".repeat(5_000);
    publish("large", large);
    publish("small", "");
    expect(() =>
      writer.publish("over", new Uint8Array(16_000), undefined, undefined, undefined),
    ).toThrow(PendingLimitError);
    let expected = `PUB large 5000\r\n${large}\r\nPUB small 0\r\n\r\n`;
    for (let i = 0; i < 300; i++) {
      publish("s", "0123456789");
      expected += "PUB s 10\r\n0123456789\r\n";
    }
    expect(written()).toBe(expected);
  });
});

describe("a serializer that uses the connection", () => {
  it("gets a NestedCommandError, and what it was writing is whole", async () => {
    await using nats = connection();
    const got = await heard("nested");
    const caught: unknown[] = [];
    const attempts = [
      () => nats.post("nested.inner", 1),
      () => nats.postBatch([["nested.inner", 1]]),
      () => nats.writeDirect("PING"),
    ];
    const attempt = (): void => {
      for (const use of attempts) {
        try {
          use();
        } catch (error) {
          caught.push(error);
        }
      }
    };
    nats.post("nested.method", {
      toJSON() {
        attempt();
        return { x: 1 };
      },
    });
    nats.post("nested.getter", {
      get x() {
        attempt();
        return 2;
      },
    });
    const own = {
      ...jsonSerializer,
      serialize(value: unknown, writer: { utf8(text: string): void }) {
        writer.utf8(JSON.stringify(value).slice(0, 1));
        attempt();
        writer.utf8(JSON.stringify(value).slice(1));
      },
    };
    nats.post("nested.serializer", "three", { serializer: own });
    await nats.flush();
    await peer.flush();
    expect(got).toEqual([
      'nested.method {"x":1}',
      'nested.getter {"x":2}',
      'nested.serializer "three"',
    ]);
    expect(caught).toHaveLength(9);
    for (const error of caught) expect(error).toBeInstanceOf(NestedCommandError);
    expect(nats.getStats().reconnects).toBe(0);
  });

  it("and does not catch that fails with it", async () => {
    await using nats = connection();
    const got = await heard("uncaught");
    expect(() =>
      nats.post("uncaught.outer", { toJSON: () => nats.post("uncaught.inner", 1) }),
    ).toThrow(NestedCommandError);
    nats.post("uncaught.next", 1);
    await nats.flush();
    await peer.flush();
    expect(got).toEqual(["uncaught.next 1"]);
  });

  it("may end a subscription, whose UNSUB follows behind the command", async () => {
    await using nats = connection();
    const got: unknown[] = [];
    const subscription = await nats.subscribe("half", (value) => void got.push(value));
    const toJSON = () => {
      subscription.unsubscribe();
      return "written";
    };
    const elsewhere = await heard("elsewhere");
    nats.post("elsewhere.x", { toJSON });
    await nats.flush();
    nats.post("half", "nobody is there");
    await nats.flush();
    await peer.flush();
    expect(elsewhere).toEqual(['elsewhere.x "written"']);
    expect(nats.getStats()).toMatchObject({ subscriptions: 0, receivedMessages: 0 });
    expect(got).toEqual([]);
  });
});

describe("a batch", () => {
  it("whose iterable uses the connection is sent whole, behind what that sent", async () => {
    await using nats = connection();
    const got = await heard("batch");
    nats.postBatch(
      (function* () {
        yield ["batch.b", 1] as const;
        nats.postBatch([["batch.inner", 1]]);
        nats.post("batch.log", 1);
        yield ["batch.b", 2] as const;
      })(),
    );
    await nats.flush();
    await peer.flush();
    expect(got).toEqual(["batch.inner 1", "batch.log 1", "batch.b 1", "batch.b 2"]);
  });

  it("whose iterable uses the connection and throws takes nothing of that with it", async () => {
    await using nats = connection();
    const got = await heard("failed");
    let subscribed: Promise<unknown> | undefined;
    let ping: Promise<number> | undefined;
    expect(() =>
      nats.postBatch(
        (function* () {
          yield ["failed.b", 1] as const;
          nats.post("failed.log", 1);
          subscribed = nats.subscribe("s", () => {});
          ping = nats.ping();
          throw new Error("stop");
        })(),
      ),
    ).toThrow(BatchError);
    await subscribed;
    expect(await ping).toBeGreaterThan(0);
    await peer.flush();
    expect(got).toEqual(["failed.log 1"]);
    expect(nats.getStats().subscriptions).toBe(1);
  });

  it("that fails takes nothing with it of what a serializer's headers published", async () => {
    await using nats = connection();
    const got = await heard("beside");
    const serializer = {
      ...jsonSerializer,
      headers(value: unknown): undefined {
        nats.post("beside.log", value);
      },
    };
    expect(() =>
      nats.postBatch<unknown>(
        [
          ["beside.b", 1],
          ["beside.b", 2n],
        ],
        { serializer },
      ),
    ).toThrow(BatchError);
    nats.postBatch([["beside.b", 3]], { serializer });
    await nats.flush();
    await peer.flush();
    expect(got).toEqual(["beside.log 1", "beside.log 3", "beside.b 3"]);
  });

  it("names the message whose serializer's headers fail", async () => {
    await using nats = connection();
    const serializer = {
      ...jsonSerializer,
      headers(value: unknown): undefined {
        if (value === 2) throw new Error("no headers");
      },
    };
    const items = [1, 2].map((value) => ["named", value] as const);
    expect(() => nats.postBatch(items, { serializer })).toThrow(
      expect.objectContaining({ code: "BATCH", index: 1 }),
    );
  });

  it("has the headers of the connection's own serializer, as every other command without options", async () => {
    const serializer = { ...jsonSerializer, headers: () => ({ Kind: "json" }) };
    await using nats = new NatsConnection({ servers: broker.url, serializer });
    const got: (string | undefined)[] = [];
    const all = peer.subscribe("kind.>", {
      callback: (_error, message) => {
        got.push(`${message.subject} ${message.headers?.get("Kind")}`);
        message.respond();
      },
    });
    await peer.flush();
    await nats.publish("kind.publish", 1);
    nats.post("kind.post", 1);
    nats.post("kind.bytes", new Uint8Array([1]));
    nats.postBatch([["kind.batch", 1]]);
    await nats.request("kind.request", 1);
    await peer.flush();
    expect(got).toEqual([
      "kind.publish json",
      "kind.post json",
      "kind.bytes undefined",
      "kind.batch json",
      "kind.request json",
    ]);
    all.unsubscribe();
  });

  it("begun by a serializer's headers is sent whole, before the one that it is for", async () => {
    await using nats = connection();
    const got = await heard("within");
    const serializer = {
      ...jsonSerializer,
      headers(): undefined {
        nats.postBatch([["within.inner", 1]]);
      },
    };
    nats.postBatch([["within.outer", 1]], { serializer });
    nats.post("within.next", 1);
    await nats.flush();
    await peer.flush();
    expect(got).toEqual(["within.inner 1", "within.outer 1", "within.next 1"]);
  });
});
