import { jsonSerializer, NatsHeaders, PendingLimitError } from "alternats";
import { describe, expect, it } from "vitest";
import { ChunkPool } from "../../runtime/src/buffers/chunk-pool.ts";
import { WriteBuffer } from "../../runtime/src/buffers/write-buffer.ts";
import { ProtocolWriter } from "../../runtime/src/protocol/protocol-writer.ts";

const latin1 = (memory: Uint8Array, length: number) =>
  Buffer.from(memory.subarray(0, length)).toString("latin1");

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

describe("a command that continues in another chunk", () => {
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

  it("does not change earlier chunks when no memory can be allocated", () => {
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

  it("never fills a smaller chunk beyond its length when there is no room", () => {
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
