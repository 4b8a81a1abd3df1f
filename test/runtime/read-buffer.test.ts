import { ProtocolError } from "alternats";
import { describe, expect, it } from "vitest";
import { ReadBuffer } from "../../runtime/src/buffers/read-buffer.ts";
import { Parser } from "../../runtime/src/protocol/parser.ts";

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
