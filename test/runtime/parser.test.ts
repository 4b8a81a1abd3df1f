import { ProtocolError } from "alternats";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ReadBuffer } from "../../runtime/src/buffers/read-buffer.ts";
import type { Frame } from "../../runtime/src/protocol/frame.ts";
import { type OperationHandler, Parser } from "../../runtime/src/protocol/parser.ts";

/** Notes every operation as text. */
class Recorder implements OperationHandler {
  readonly operations: string[] = [];

  message(frame: Frame): void {
    const { sid, subject, reply, headers, buffer, start, end } = frame;
    const payload = Buffer.from(buffer.slice(start, end)).toString("latin1");
    const lines = headers === undefined ? "" : ` ${headers.status} ${JSON.stringify([...headers])}`;
    this.operations.push(`${sid} ${subject} ${reply ?? "-"}${lines} ${payload}`);
  }
  info(json: string): void {
    this.operations.push(`INFO ${json.trim()}`);
  }
  ping(): void {
    this.operations.push("PING");
  }
  pong(): void {
    this.operations.push("PONG");
  }
  serverError(text: string): void {
    this.operations.push(`ERR ${text}`);
  }
}

/** Reads pieces as a socket would hand them over. */
function read(pieces: readonly Buffer[], windowSize = 4_096): string[] {
  const recorder = new Recorder();
  const buffer = new ReadBuffer(windowSize, new Parser(recorder));
  for (const piece of pieces) {
    for (let at = 0; at < piece.length; ) {
      // Before the first read the window may be smaller.
      const part = piece.subarray(at, at + buffer.window.length);
      buffer.window.fill(0);
      part.copy(buffer.window);
      buffer.read(part.length);
      at += part.length;
    }
  }
  return recorder.operations;
}

const bytes = (text: string) => Buffer.from(text, "latin1");

// Written out by hand from the protocol's page and ADR-4.
const SESSION = bytes(
  'INFO {"server_id":"x","max_payload":1048576}\r\n' +
    "+OK\r\n" +
    "PING\r\n" +
    "MSG FOO.BAR 9 11\r\nHello World\r\n" +
    "PONG\r\n" +
    "MSG FOO.BAR 9 GREETING.34 11\r\nHello World\r\n" +
    "MSG a 1 0\r\n\r\n" +
    "MSG a 1 12345 2\r\n\r\n\r\n" +
    "HMSG FOO.BAR 9 34 45\r\nNATS/1.0\r\nFoodGroup: vegetable\r\n\r\nHello World\r\n" +
    "HMSG FOO.BAR 9 BAZ.69 34 45\r\nNATS/1.0\r\nFoodGroup: vegetable\r\n\r\nHello World\r\n" +
    "HMSG _INBOX.1 2 16 16\r\nNATS/1.0 503\r\n\r\n\r\n" +
    "-ERR 'Permissions Violation for Publish to \"x\"'\r\n" +
    "MSG last 999999 3\r\nend\r\n",
);
const OPERATIONS = [
  'INFO {"server_id":"x","max_payload":1048576}',
  "PING",
  "9 FOO.BAR - Hello World",
  "PONG",
  "9 FOO.BAR GREETING.34 Hello World",
  "1 a - ",
  "1 a 12345 \r\n",
  '9 FOO.BAR - 0 [["FoodGroup","vegetable"]] Hello World',
  '9 FOO.BAR BAZ.69 0 [["FoodGroup","vegetable"]] Hello World',
  "2 _INBOX.1 - 503 [] ",
  'ERR Permissions Violation for Publish to "x"',
  "999999 last - end",
];

describe("the parser", () => {
  it("reads every operation of a server", () => {
    expect(read([SESSION])).toEqual(OPERATIONS);
  });

  it("reads the same when the bytes are split in two at any place", () => {
    for (let at = 1; at < SESSION.length; at++) {
      expect(read([SESSION.subarray(0, at), SESSION.subarray(at)])).toEqual(OPERATIONS);
    }
  });

  it("reads the same byte by byte", () => {
    expect(read([...SESSION].map((byte) => Buffer.of(byte)))).toEqual(OPERATIONS);
  });

  it("reads messages larger than the window and than the room before it", () => {
    const payload = "0123456789abcdef".repeat(20_000);
    const session = bytes(
      `MSG small 1 2\r\nhi\r\nMSG large 2 r ${payload.length}\r\n${payload}\r\nPING\r\nMSG large 2 ${payload.length}\r\n${payload}\r\nPONG\r\n`,
    );
    for (const windowSize of [1_024, 65_536, 262_144]) {
      expect(read([session], windowSize)).toEqual([
        "1 small - hi",
        `2 large r ${payload}`,
        "PING",
        `2 large - ${payload}`,
        "PONG",
      ]);
    }
  });

  it.each([
    ["lower case", "msg foo 1 2\r\nhi\r\n", "1 foo - hi"],
    ["more spaces", "MSG  foo   1  2\r\nhi\r\n", "1 foo - hi"],
    ["tabs", "MSG\tfoo\t1\tre\t2\r\nhi\r\n", "1 foo re hi"],
    ["a space at the end", "MSG foo 1 re 2 \r\nhi\r\n", "1 foo re hi"],
    ["headers in lower case", "hmsg foo 1 re 12 14\r\nNATS/1.0\r\n\r\nhi\r\n", "1 foo re 0 [] hi"],
    ["ping in lower case", "ping\r\n", "PING"],
    ["pong in lower case", "pOnG\r\n", "PONG"],
    ["a line without CR", "PING\n", "PING"],
    ["spaces behind PING", "PING  \r\n", "PING"],
    ["info in lower case", "info {}\r\n", "INFO {}"],
    ["an error without quotes", "-err  Slow Consumer\r\n", "ERR Slow Consumer"],
  ])("accepts rare forms that the protocol allows: %s", (_, text, operation) => {
    expect(read([bytes(text)])).toEqual([operation]);
    expect(read([...bytes(text)].map((byte) => Buffer.of(byte)))).toEqual([operation]);
  });

  it("skips +OK and the rest of its line", () => {
    expect(read([bytes("+OK\r\n+ok\r\n+OKay\r\nPING\r\n")])).toEqual(["PING"]);
  });

  it.each([
    "MSG foo 1\r\n",
    "MSG foo\r\n",
    "MSG \r\n",
    "MSG foo 1 2 3 4\r\n",
    "MSG foo x 2\r\nhi\r\n",
    "MSG foo 1 x\r\nhi\r\n",
    "MSG foo 1 -2\r\nhi\r\n",
    "MSG foo 1 2.5\r\nhi\r\n",
    "MSG foo 1 2\r\nhixx",
    "MSG foo 1 1\r\nhi\r\n",
    "MSG foo 1 3\r\nhi\r\n ",
    "MSG foo 1 67108865\r\n",
    "MSG foo 1 99999999999999999999999\r\n",
    "MSG foo 1 re 99999999999999999999999\r\n",
    "MSG foo 1234567890123456 2\r\nhi\r\n",
    "HMSG foo 1 2\r\n",
    "HMSG foo 1 re x 2\r\n",
    "HMSG foo 1 12 x\r\n",
    "HMSG foo 1 20 12\r\nNATS/1.0\r\n\r\n\r\n",
    "HMSGfoo 1 12 12\r\n",
    "PUB foo 2\r\nhi\r\n",
    "HTTP/1.1 400 Bad Request\r\n",
    "garbage\r\n",
    "\r\n\r\n",
    "+KO\r\n",
    "INF {}\r\n",
  ])("rejects %j", (text) => {
    expect(() => read([bytes(text)])).toThrow(ProtocolError);
    expect(() => read([...bytes(text)].map((byte) => Buffer.of(byte)))).toThrow(ProtocolError);
  });

  it.each(["MSG ", "HMSG foo 1 ", "x", "INFO "])(
    "gives up on an endless line that starts with %j",
    (start) => {
      expect(() => read([bytes(start + "x".repeat(200_000))])).toThrow("line of more than 65536");
    },
  );

  it("stops where a handler paused it, and continues from there", () => {
    const recorder = new Recorder();
    const parser: Parser = new Parser({
      ...recorder,
      message(frame) {
        recorder.message(frame);
        parser.paused = true;
      },
      info: () => {},
      ping: () => recorder.ping(),
      pong: () => recorder.pong(),
      serverError: () => {},
    });
    const buffer = new ReadBuffer(4_096, parser);
    const length = bytes("PING\r\nMSG a 1 1\r\nx\r\nMSG a 1 1\r\ny\r\nPONG\r\nMSG a").copy(
      buffer.window,
    );
    expect(buffer.read(length)).toBe(false);
    expect(recorder.operations).toEqual(["PING", "1 a - x"]);
    parser.paused = false;
    expect(buffer.resume()).toBe(false);
    expect(recorder.operations).toEqual(["PING", "1 a - x", "1 a - y"]);
    parser.paused = false;
    expect(buffer.resume()).toBe(true);
    expect(recorder.operations).toEqual(["PING", "1 a - x", "1 a - y", "PONG"]);
    expect(buffer.read(bytes(" 1 1\r\nz\r\n").copy(buffer.window))).toBe(false);
    expect(recorder.operations.at(-1)).toBe("1 a - z");
  });

  const token = fc.stringMatching(/^[a-z0-9_]{1,9}$/);
  const message = fc.record({
    subject: fc.array(token, { minLength: 1, maxLength: 4 }).map((tokens) => tokens.join(".")),
    sid: fc.integer({ min: 1, max: 1e9 }),
    reply: fc.option(fc.oneof(token, fc.nat().map(String)), { nil: undefined }),
    header: fc.option(token, { nil: undefined }),
    payload: fc.uint8Array({ maxLength: 3_000 }),
  });

  it("reads any messages, however they are split", () => {
    fc.assert(
      fc.property(
        fc.array(message, { minLength: 1, maxLength: 12 }),
        fc.array(fc.integer({ min: 1, max: 2_000 }), { minLength: 1 }),
        fc.constantFrom(64, 1_000, 65_536),
        (messages, cuts, windowSize) => {
          let wire = "";
          const expected: string[] = [];
          for (const { subject, sid, reply, header, payload } of messages) {
            const body = Buffer.from(payload).toString("latin1");
            const to = reply === undefined ? "" : ` ${reply}`;
            if (header === undefined) {
              wire += `MSG ${subject} ${sid}${to} ${payload.length}\r\n${body}\r\n`;
              expected.push(`${sid} ${subject} ${reply ?? "-"} ${body}`);
            } else {
              const head = `NATS/1.0\r\nName: ${header}\r\n\r\n`;
              wire += `HMSG ${subject} ${sid}${to} ${head.length} ${head.length + payload.length}\r\n${head}${body}\r\n`;
              expected.push(`${sid} ${subject} ${reply ?? "-"} 0 [["Name","${header}"]] ${body}`);
            }
          }
          const all = bytes(wire);
          const pieces: Buffer[] = [];
          for (let at = 0, cut = 0; at < all.length; cut++) {
            const length = cuts[cut % cuts.length]!;
            pieces.push(all.subarray(at, at + length));
            at += length;
          }
          expect(read(pieces, windowSize)).toEqual(expected);
        },
      ),
      { numRuns: 300 },
    );
  });

  it("turns any garbage into operations or a ProtocolError, however it is split", () => {
    const outcome = (pieces: Buffer[]) => {
      const recorder = new Recorder();
      const buffer = new ReadBuffer(4_096, new Parser(recorder));
      try {
        for (const piece of pieces) {
          piece.copy(buffer.window);
          buffer.read(piece.length);
        }
      } catch (error) {
        expect(error).toBeInstanceOf(ProtocolError);
        recorder.operations.push("failed");
      }
      return recorder.operations;
    };
    const piece = fc.oneof(
      fc.constantFrom(
        "MSG ",
        "HMSG ",
        "PING",
        "PONG",
        "INFO ",
        "-ERR",
        "+OK",
        "\r\n",
        "\r",
        "\n",
        " ",
        "\t",
      ),
      fc.constantFrom("a.b", "1", "12", "NATS/1.0\r\n\r\n", "msg", "3\r\nabc\r\n"),
      fc.string({ maxLength: 5 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (parts) => {
        const all = Buffer.from(parts.join(""));
        const whole = outcome([all]);
        expect(outcome([...all].map((byte) => Buffer.of(byte)))).toEqual(whole);
      }),
      { numRuns: 2_000 },
    );
  });
});
