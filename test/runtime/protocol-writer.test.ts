import {
  InvalidSubjectError,
  MaxPayloadError,
  NatsHeaders,
  NatsKey,
  type NatsSerializer,
  PendingLimitError,
  SerializeError,
} from "alternats";
import { describe, expect, it } from "vitest";
import { ChunkPool } from "../../runtime/src/buffers/chunk-pool.ts";
import { WriteBuffer } from "../../runtime/src/buffers/write-buffer.ts";
import { ProtocolWriter } from "../../runtime/src/protocol/protocol-writer.ts";

const latin1 = (memory: Uint8Array, length: number) =>
  Buffer.from(memory.subarray(0, length)).toString("latin1");

const hello = new TextEncoder().encode("hello");

/** Writes its value as text, half of it at a time. */
const halves: NatsSerializer = {
  serialize(value, writer) {
    const text = String(value);
    writer.utf8(text.slice(0, text.length / 2));
    writer.utf8(text.slice(text.length / 2));
  },
  deserialize: () => undefined,
};

function setUp({ chunkSize = 65_536, maxPendingBytes = 1 << 26 } = {}) {
  const buffer = new WriteBuffer(new ChunkPool(chunkSize), maxPendingBytes, () => {});
  const writer = new ProtocolWriter(buffer);
  const written = (): string => {
    const chunks = buffer.full.map(({ memory, length }) => latin1(memory, length));
    return chunks.join("") + latin1(buffer.buffer, buffer.position);
  };
  return { buffer, writer, written };
}

describe("the protocol writer", () => {
  it("writes PUB as the protocol's page shows it", () => {
    const { writer, written } = setUp();
    writer.publish("FOO", hello, undefined, undefined, undefined);
    writer.publish(new NatsKey("FRONT.DOOR"), hello, undefined, undefined, "JOKE.22");
    writer.publish("NOTIFY", undefined, undefined, undefined, undefined);
    expect(written()).toBe(
      "PUB FOO 5\r\nhello\r\nPUB FRONT.DOOR JOKE.22 5\r\nhello\r\nPUB NOTIFY 0\r\n\r\n",
    );
  });

  it("writes HPUB with the length of the headers and of all, as in ADR-4", () => {
    const { writer, written } = setUp();
    const headers = new NatsHeaders({ Bar: "Baz" });
    writer.publish("FOO", new TextEncoder().encode("Hello NATS!"), undefined, headers, undefined);
    // 22 bytes: "NATS/1.0\r\n" 10, "Bar: Baz\r\n" 10, "\r\n" 2
    expect(written()).toMatch(
      /^HPUB FOO 22 33 *\r\nNATS\/1\.0\r\nBar: Baz\r\n\r\nHello NATS!\r\n$/,
    );
  });

  it("writes one header line for each value, after the reply subject and with a key", () => {
    const { writer, written } = setUp();
    const headers = new NatsHeaders([
      ["BREAKFAST", "donut"],
      ["BREAKFAST", "eggs"],
    ]);
    writer.publish(new NatsKey("MORNING"), undefined, undefined, headers, "JOKE.22");
    expect(written()).toMatch(
      /^HPUB MORNING JOKE\.22 47 47 *\r\nNATS\/1\.0\r\nBREAKFAST: donut\r\nBREAKFAST: eggs\r\n\r\n\r\n$/,
    );
  });

  it("fills in the size of the serialized payload, padded with spaces", () => {
    const { writer, written } = setUp();
    writer.publish("a", "grüße 👋", halves, undefined, undefined);
    // g r ü(2) ß(2) e space 👋(4) are 12 bytes
    expect(written()).toMatch(/^PUB a 12 *\r\n/);
    expect(Buffer.from(written().split("\r\n")[1]!, "latin1").toString()).toBe("grüße 👋");
  });

  it.each([
    ["ASCII that is copied in a loop", "short"],
    ["ASCII that is copied natively", "x".repeat(100)],
    ["other text below the native length", "é".repeat(10)],
    ["other text above it", "漢".repeat(500)],
    ["long text", "😀".repeat(40_000)],
    ["a lone surrogate, as the replacement character", "\ud800"],
  ])("writes %s as UTF-8", (_, text) => {
    const { writer, written } = setUp();
    writer.publish("a", text, halves, undefined, undefined);
    const bytes = Buffer.concat([
      Buffer.from(text.slice(0, text.length / 2)),
      Buffer.from(text.slice(text.length / 2)),
    ]);
    const line = written().indexOf("\r\n");
    expect(Number(written().slice("PUB a ".length, line))).toBe(bytes.length);
    expect(written().slice(line + 2, -2)).toBe(bytes.toString("latin1"));
  });

  it("writes subjects beyond ASCII as UTF-8, as string and as key", () => {
    const { writer, written } = setUp();
    writer.publish("é.ü", undefined, undefined, undefined, undefined);
    writer.publish(new NatsKey("é.ü"), undefined, undefined, undefined, undefined);
    expect(Buffer.from(written(), "latin1").toString()).toBe("PUB é.ü 0\r\n\r\nPUB é.ü 0\r\n\r\n");
  });

  it("numbers the reply subject of a request", () => {
    const { writer, written } = setUp();
    const inbox = new TextEncoder().encode("_INBOX.x.");
    writer.request("a", hello, undefined, undefined, inbox, 0);
    writer.request("a", undefined, undefined, undefined, inbox, 2 ** 40 + 9);
    expect(written()).toBe("PUB a _INBOX.x.0 5\r\nhello\r\nPUB a _INBOX.x.1099511627785 0\r\n\r\n");
  });

  it("writes every payload size in decimal", () => {
    for (const size of [
      0, 1, 9, 10, 11, 99, 100, 101, 999, 1_000, 9_999, 10_000, 65_537, 1_048_576,
    ]) {
      const { writer, written } = setUp();
      writer.publish("a", new Uint8Array(size), undefined, undefined, undefined);
      expect(written()).toBe(`PUB a ${size}\r\n${"\0".repeat(size)}\r\n`);
    }
  });

  it("writes SUB, UNSUB and PING", () => {
    const { writer, written } = setUp();
    writer.subscribe("FOO.*", undefined, 1);
    writer.subscribe("BAR", "G1", 44);
    writer.unsubscribe(44);
    writer.ping();
    expect(written()).toBe("SUB FOO.* 1\r\nSUB BAR G1 44\r\nUNSUB 44\r\nPING\r\n");
  });

  it("ends every chunk after a message, and loses nothing between chunks", () => {
    const { buffer, writer, written } = setUp({ chunkSize: 100 });
    let expected = "";
    for (let i = 0; i < 200; i++) {
      const payload = new TextEncoder().encode("x".repeat((i * 7) % 130));
      writer.publish(`subject.${i}`, payload, undefined, undefined, undefined);
      expected += `PUB subject.${i} ${payload.length}\r\n${"x".repeat(payload.length)}\r\n`;
    }
    expect(written()).toBe(expected);
    for (const { memory, length } of buffer.full) {
      expect(latin1(memory, length)).toMatch(/^PUB /);
      expect(latin1(memory, length)).toMatch(/\r\n$/);
    }
    expect(buffer.written).toBe(expected.length);
    expect(buffer.pendingBytes).toBe(expected.length);
    expect(buffer.writtenMessages).toBe(200);
  });

  it("moves a serialized message that outgrows its chunk, again and again", () => {
    const { writer, written } = setUp({ chunkSize: 64 });
    writer.publish("first", hello, undefined, undefined, undefined);
    writer.publish("second", "y".repeat(1_000), halves, new NatsHeaders({ A: "b" }), "reply");
    expect(written()).toMatch(
      /^PUB first 5\r\nhello\r\nHPUB second reply 18 1018 *\r\nNATS\/1\.0\r\nA: b\r\n\r\ny{1000}\r\n$/,
    );
  });

  it("restores the buffer when a serializer throws half-way", () => {
    const { writer, written } = setUp({ chunkSize: 64 });
    const broken: NatsSerializer = {
      serialize(_, writer) {
        writer.bytes(new Uint8Array(500));
        throw new RangeError("no more");
      },
      deserialize: () => undefined,
    };
    writer.publish("a", hello, undefined, undefined, undefined);
    const before = written();
    const publish = () => writer.publish("b", 1, broken, undefined, undefined);
    expect(publish).toThrow(SerializeError);
    expect(publish).toThrow('"b" could not be serialized: no more');
    expect(written()).toBe(before);
    writer.publish("c", hello, undefined, undefined, undefined);
    expect(written()).toBe(`${before}PUB c 5\r\nhello\r\n`);
  });

  it("rejects a message larger than max_payload, headers included, and writes nothing of it", () => {
    const { writer, written } = setUp();
    writer.maxPayload = 24;
    const headers = new NatsHeaders({ Bar: "Baz" });
    expect(() => writer.publish("a", new Uint8Array(25), undefined, undefined, undefined)).toThrow(
      MaxPayloadError,
    );
    expect(() => writer.publish("a", "x".repeat(25), halves, undefined, undefined)).toThrow(
      MaxPayloadError,
    );
    expect(() => writer.publish("a", new Uint8Array(3), undefined, headers, undefined)).toThrow(
      MaxPayloadError,
    );
    expect(written()).toBe("");
    writer.publish("a", new Uint8Array(2), undefined, headers, undefined);
    writer.publish("a", new Uint8Array(24), undefined, undefined, undefined);
  });

  it("rejects messages above the limit of pending bytes, but not SUB, UNSUB and PING", () => {
    const { buffer, writer, written } = setUp({ maxPendingBytes: 64 });
    const publish = () => writer.publish("a", new Uint8Array(10), undefined, undefined, undefined);
    publish();
    publish();
    expect(publish).toThrow(PendingLimitError);
    writer.subscribe("a-subject-longer-than-what-is-left", undefined, 1);
    writer.ping();
    expect(publish).toThrow(PendingLimitError);
    expect(written().match(/PUB|SUB|PING/g)).toEqual(["PUB", "PUB", "SUB", "PING"]);
    buffer.clear();
    publish();
  });

  it.each([
    "",
    " ",
    "a b",
    "a\tb",
    "a\r\nPUB b 0\r\n",
    "a\u0000",
    "a\u007f",
    ".a",
    "a.",
    "a..b",
    "*",
    "a.*",
    "a.>",
    ">",
    "a.*.b",
    "é.*",
    "é b",
  ])("rejects %j as subject, as key and as reply", (subject) => {
    const { writer, written } = setUp();
    expect(() => writer.publish(subject, hello, undefined, undefined, undefined)).toThrow(
      InvalidSubjectError,
    );
    expect(() =>
      writer.publish(new NatsKey(subject), hello, undefined, undefined, undefined),
    ).toThrow(InvalidSubjectError);
    expect(() => writer.publish("fine", hello, undefined, undefined, subject)).toThrow(
      InvalidSubjectError,
    );
    expect(written()).toBe("");
  });

  it.each(["a*b", "a.b*", "*a.b", "a>b", ">a"])(
    "accepts %j, because a wildcard inside a token is text",
    (subject) => {
      const { writer, written } = setUp();
      writer.publish(subject, undefined, undefined, undefined, undefined);
      expect(new NatsKey(subject).wildcard).toBe(false);
      expect(written()).toBe(`PUB ${subject} 0\r\n\r\n`);
    },
  );
});
