import { connect } from "@nats-io/transport-node";
import { MaxPayloadError, NatsConnection, type NatsError, rawSerializer } from "alternats";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ChunkPool } from "../../runtime/src/buffers/chunk-pool.ts";
import { WriteBuffer } from "../../runtime/src/buffers/write-buffer.ts";
import { ProtocolWriter } from "../../runtime/src/protocol/protocol-writer.ts";
import { waitingMessages } from "../../runtime/src/protocol/waiting-messages.ts";
import { startBroker } from "../support/broker.js";
import { PLAIN_INFO, startFakeServer } from "../support/fake-server.js";

const FAST = { reconnectWait: 5, reconnectJitter: 0 };

/** Bytes that begin with a number. */
function numbered(number: number, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  new DataView(bytes.buffer).setUint32(0, number);
  return bytes;
}

describe("a message published before the server's max_payload is known", () => {
  it("is dropped and reported if it is too large, and everything else stays", async () => {
    await using broker = await startBroker({ config: "max_payload: 100000" });
    const peer = await connect({ servers: broker.url });
    const got: number[] = [];
    peer.subscribe("n.*", {
      callback: (_, { data }) => void got.push(Buffer.from(data).readUInt32BE()),
    });
    peer.subscribe("echo", { callback: (_, message) => void message.respond(message.data) });
    await peer.flush();

    const errors: NatsError[] = [];
    let disconnected = 0;
    await using nats = new NatsConnection({
      servers: broker.url,
      serializer: rawSerializer,
      onError: (error) => errors.push(error),
    });
    nats.on("disconnected", () => void disconnected++);
    const flushed: Promise<void>[] = [];
    const answered: Promise<Uint8Array>[] = [];
    const refused: Promise<unknown>[] = [];
    for (let i = 0; i < 60; i++) {
      nats.post(`n.${i}`, numbered(i, i % 3 === 1 ? 100_001 : 30_000));
      if (i % 10 === 0) flushed.push(nats.flush());
      if (i % 10 === 5) answered.push(nats.request<Uint8Array>("echo", numbered(i, 50)));
      if (i % 20 === 6) refused.push(nats.request("echo", numbered(i, 100_001)).catch((e) => e));
    }
    await Promise.all(flushed);
    const answers = (await Promise.all(answered)).map((a) => Buffer.from(a).readUInt32BE());
    expect(answers).toEqual([5, 15, 25, 35, 45, 55]);
    for (const error of await Promise.all(refused)) {
      expect(error).toMatchObject({ code: "MAX_PAYLOAD", size: 100_001, maxPayload: 100_000 });
    }
    await nats.flush();
    await peer.flush();
    const all = Array.from({ length: 60 }, (_, i) => i);
    expect(got).toEqual(all.filter((i) => i % 3 !== 1));
    expect(errors).toHaveLength(20);
    expect(errors[0]).toMatchObject({ code: "MESSAGES_DROPPED", count: 1 });
    expect(errors[0]!.message).toContain('"n.1"');
    expect(errors[0]!.cause).toBeInstanceOf(MaxPayloadError);
    expect(errors.at(-1)!.message).toContain('"n.58"');
    expect(nats.getStats()).toMatchObject({ dropped: 23, pendingBytes: 0, sentMessages: 46 });
    expect(disconnected).toBe(0);
    await peer.close();
  });

  it("is dropped and reported if the next server's limit is smaller", async () => {
    await using large = await startBroker();
    await using small = await startBroker({ config: "max_payload: 1000" });
    const peer = await connect({ servers: small.url });
    const got: number[] = [];
    peer.subscribe("n", { callback: (_, { data }) => void got.push(data.length) });
    await peer.flush();
    const codes: string[] = [];
    await using nats = new NatsConnection({
      servers: large.url,
      onError: ({ code }) => codes.push(code),
      ...FAST,
    });
    await nats.connect();
    nats.setServers(small.url);
    const moved = nats.reconnect();
    for (const size of [1_000, 1_001, 999]) nats.post("n", new Uint8Array(size));
    await moved;
    await nats.flush();
    await peer.flush();
    expect(got).toEqual([1_000, 999]);
    expect(codes).toEqual(["MESSAGES_DROPPED"]);
    expect(() => nats.post("n", new Uint8Array(1_001))).toThrow(MaxPayloadError);
    await peer.close();
  });

  it("is dropped and reported if it has headers and the server supports none", async () => {
    await using server = await startFakeServer(async (client) => {
      await client.greet(PLAIN_INFO.replace('"headers":true', '"headers":false'));
      await client.answerPings();
    });
    const errors: NatsError[] = [];
    await using nats = new NatsConnection({
      servers: server.url,
      onError: (error) => errors.push(error),
    });
    nats.post("a", "1");
    nats.post("b", "2", { headers: { A: "b" } });
    nats.post("c", "3");
    await nats.flush();
    expect(server.clients[0]!.received).toMatch(/PUB a 3 *\r\n"1"\r\nPUB c 3 *\r\n"3"\r\nPING/);
    expect(server.clients[0]!.received).not.toContain("HPUB");
    expect(errors.map(({ code, cause }) => [code, (cause as NatsError).code])).toEqual([
      ["MESSAGES_DROPPED", "INVALID_HEADER"],
    ]);
  });
});

describe("removing messages from the waiting ones", () => {
  it("keeps all others, wherever the chunks end", () => {
    const message = fc.record({ size: fc.integer({ min: 0, max: 300 }), ping: fc.boolean() });
    fc.assert(
      fc.property(fc.array(message, { maxLength: 40 }), (all) => {
        const buffer = new WriteBuffer(new ChunkPool(256), 2 ** 20, () => {});
        const writer = new ProtocolWriter(buffer);
        let expected = "";
        let written = 0;
        const positions: number[] = [];
        for (const { size, ping } of all) {
          const text = `PUB a ${size}\r\n${"\n".repeat(size)}\r\n`;
          writer.publish("a", new Uint8Array(size).fill(10), undefined, undefined, undefined);
          written += text.length;
          if (size > 100) positions.push(written);
          else expected += text;
          if (!ping) continue;
          writer.ping();
          written += 6;
          expected += "PING\r\n";
        }
        const removed: number[] = [];
        buffer.remove(
          (memory, length) => waitingMessages(memory, length).filter(({ size }) => size > 100),
          (_, position) => removed.push(position),
        );
        const chunks = buffer.full.map(({ memory, length }) => memory.subarray(0, length));
        expect(Buffer.concat(chunks).toString("latin1")).toBe(expected);
        expect(removed.reverse()).toEqual(positions);
        expect(buffer.written).toBe(expected.length);
        expect(buffer.pendingBytes).toBe(expected.length);
        expect(buffer.waitingMessages).toBe(all.length - removed.length);
        expect(buffer.writtenMessages).toBe(all.length - removed.length);
      }),
    );
  });
});
