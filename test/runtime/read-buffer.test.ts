import { NatsConnection, ProtocolError } from "alternats";
import { describe, expect, it } from "vitest";
import { ReadBuffer } from "../../runtime/src/buffers/read-buffer.ts";
import { Parser } from "../../runtime/src/protocol/parser.ts";
import { PLAIN_INFO, startFakeServer } from "../support/fake-server.js";

describe("a large message", () => {
  it("is not lost when the reading pauses in the middle of it", () => {
    const large = "B".repeat(300_000);
    const bytes = Buffer.from(`MSG s 1 300000\r\n${large}\r\nMSG s 1 5\r\nAFTER\r\n`);
    for (const first of [70_000, 150_000, 200_000, 250_000, 262_144]) {
      const got: string[] = [];
      const parser = new Parser({
        message: ({ buffer, start, end }) =>
          got.push(Buffer.from(buffer.buffer, buffer.byteOffset).toString("latin1", start, end)),
        info() {},
        ping() {},
        pong() {},
        serverError() {},
      });
      const buffer = new ReadBuffer(256 * 1024, parser);
      // It has its whole window from the first read on.
      buffer.read(0);
      const read = (from: number, to: number) => {
        buffer.window.set(bytes.subarray(from, to));
        return buffer.read(to - from);
      };
      expect(read(0, first)).toBe(true);
      parser.paused = true;
      const second = Math.min(bytes.length, first + 262_144);
      expect(read(first, second)).toBe(false);
      expect(got).toEqual([]);
      parser.paused = false;
      expect(buffer.resume()).toBe(true);
      if (second < bytes.length) read(second, bytes.length);
      expect(got.map(({ length }) => length)).toEqual([300_000, 5]);
      expect(got[0]).toBe(large);
      expect(got[1]).toBe("AFTER");
    }
  });
});

describe("a line of the maximum length", () => {
  it.each([
    ["INFO", (size: number) => `INFO ${"x".repeat(size - 7)}\r\n`],
    ["MSG", (size: number) => `MSG ${"x".repeat(size - 10)} 1 0\r\n\r\n`],
  ])("is read, and a longer one is rejected, however %s is split", (_, line) => {
    const outcome = (size: number, split: number): string => {
      const got: string[] = [];
      const parser = new Parser({
        message: (frame) => got.push(`MSG ${frame.subject.length}`),
        info: (json) => got.push(`INFO ${json.trim().length}`),
        ping() {},
        pong() {},
        serverError() {},
      });
      const buffer = new ReadBuffer(256 * 1024, parser);
      // It has its whole window from the first read on.
      buffer.read(0);
      const bytes = Buffer.from(line(size));
      try {
        for (const part of [bytes.subarray(0, split), bytes.subarray(split)]) {
          buffer.window.set(part);
          buffer.read(part.length);
        }
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error;
        got.push("refused");
      }
      return got.join();
    };
    for (const size of [65_535, 65_536, 65_537, 65_538, 70_000]) {
      const whole = outcome(size, 0);
      expect(whole).toMatch(size < 65_538 ? /^(INFO|MSG) \d+$/ : /^refused$/);
      for (const split of [1, 4, 100, size - 3, size - 2, size - 1, size / 2]) {
        expect([size, split, outcome(size, Math.floor(split))]).toEqual([size, split, whole]);
      }
    }
  });
});

describe("the memory of an attempt to connect", () => {
  it("is small until the server's first bytes arrive", () => {
    const got: string[] = [];
    const parser = new Parser({
      message() {},
      info: (json) => got.push(json.trim()),
      ping() {},
      pong() {},
      serverError() {},
    });
    const buffer = new ReadBuffer(256 * 1024, parser);
    expect(buffer.window.length).toBeLessThanOrEqual(8 * 1024);
    const first = Buffer.from('INFO {"server');
    buffer.window.set(first);
    expect(buffer.read(first.length)).toBe(true);
    expect(buffer.window.length).toBe(256 * 1024);
    const rest = Buffer.from('_id":"x"}\r\n');
    buffer.window.set(rest);
    expect(buffer.read(rest.length)).toBe(true);
    expect(got).toEqual(['{"server_id":"x"}']);
  });

  it("takes an INFO that is longer, over TCP", async () => {
    const urls = Array.from({ length: 2_000 }, (_, i) => `10.0.${i >> 8}.${i & 255}:4222`);
    const info = PLAIN_INFO.replace("{", `{"connect_urls":${JSON.stringify(urls)},`);
    await using server = await startFakeServer(async (client) => {
      await client.greet(info);
      await client.answerPings();
    });
    await using nats = new NatsConnection({ servers: server.url });
    await nats.flush();
    expect(nats.servers).toHaveLength(2_001);
  });
});
