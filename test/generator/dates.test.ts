import { join } from "node:path";
import { decode, encode } from "@msgpack/msgpack";
import { connect } from "@nats-io/transport-node";
import { DeserializeError, NatsConnection, type NatsSerializer } from "alternats";
import { InvalidDateError, json } from "alternats/sdk";
import { type Conversion, converted, dateTime } from "alternats/sdk/codec";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BytesWriter } from "../sdk/bytes-writer.js";
import { startBroker } from "../support/broker.js";
import { generateFrom, generateText, project, Workbench } from "./support/workbench.js";

const fixture = join(project, "test/fixtures/generator/dates");

const at = new Date(Date.UTC(2026, 0, 31, 12, 0, 0, 7));

/** The channels of the fixture, as they are at run time. */
type Channels = Readonly<Record<string, { readonly message: NatsSerializer }>>;

function bytesOf(codec: NatsSerializer, value: unknown): Uint8Array {
  const writer = new BytesWriter();
  codec.serialize(value, writer);
  return writer.written;
}

/** Codecs turn to the library when they are in doubt: values of other senders have their keys in another order. */
const orders = {
  "as the codec itself": (value: object) => value,
  "the other way round": (value: object) => Object.fromEntries(Object.entries(value).reverse()),
};

describe("an SDK with dates", () => {
  let bench: Workbench;
  const sdks = new Map<string, Channels>();

  beforeAll(async () => {
    bench = await Workbench.open();
    for (const validate of [undefined, "both"] as const) {
      const options = { dates: "date", ...(validate && { validate }) } as const;
      const { files } = await generateFrom(fixture, "asyncapi.yaml", options);
      await bench.writeAll(validate ?? "plain", files);
      sdks.set(
        validate ?? "plain",
        await import(join(bench.folder, validate ?? "plain", "channels.ts")),
      );
    }
  });

  afterAll(() => bench[Symbol.asyncDispose]());

  it("compiles with validators as well", async () => {
    expect(await bench.compile()).toBe("");
  });

  it("has no unused imports if all messages are MessagePack", async () => {
    const payload = {
      type: "object",
      required: ["at"],
      properties: { at: { type: "string", format: "date-time" } },
    };
    const text = JSON.stringify({
      asyncapi: "3.0.0",
      info: { title: "t", version: "1" },
      defaultContentType: "application/msgpack",
      channels: { c: { address: "c", messages: { m: { payload } } } },
    });
    const { files } = await generateText({ "a.json": text }, { dates: "date" });
    await using packed = await Workbench.open();
    await packed.writeAll("sdk", files);
    expect(await packed.compile()).toBe("");
  });

  it("are texts by default, also where MessagePack's timestamps arrive", async () => {
    for (const validate of [undefined, "both"] as const) {
      const { files } = await generateFrom(fixture, "asyncapi.yaml", {
        ...(validate && { validate }),
      });
      const name = `texts-${validate}`;
      await bench.writeAll(name, files);
      const { packed }: Channels = await import(join(bench.folder, name, "channels.ts"));
      const text = "2026-01-31T12:00:00.007Z";
      const bytes = encode({ text: "hi", at, editedAt: at, seenAt: [at] });
      const value = { text: "hi", at: text, editedAt: text, seenAt: [text] };
      expect(packed!.message.deserialize(bytes, 0, bytes.length)).toEqual(value);
      expect(decode(bytesOf(packed!.message, value))).toEqual(value);
    }
  });

  it("needs linear time for recursive types", () => {
    const node: Conversion = (place) => place.oneOf("object", first, second);
    const first: Conversion = (place) => {
      place.property("next", node);
      place.property("a", dateTime);
    };
    const second: Conversion = (place) => {
      place.property("next", node);
      place.property("b", dateTime);
    };
    const codec = converted(json(), node);
    const text = "2026-01-31T12:00:00.007Z";
    let wire: object = { a: text, b: text };
    let expected: object = { a: at, b: at };
    for (let i = 0; i < 200; i++) {
      wire = { a: text, next: wire, b: text };
      expected = { a: at, next: expected, b: at };
    }
    const bytes = new TextEncoder().encode(JSON.stringify(wire));
    expect(codec.deserialize(bytes, 0, bytes.length)).toEqual(expected);
    expect(JSON.parse(Buffer.from(bytesOf(codec, expected)).toString())).toEqual(wire);
    const bad = new TextEncoder().encode(JSON.stringify(wire).replaceAll(text, "no date"));
    expect(() => codec.deserialize(bad, 0, bad.length)).toThrow(InvalidDateError);
  });

  describe.each(["plain", "both"])("validating or not (%s)", (name) => {
    const message = (channel: string): NatsSerializer => sdks.get(name)![channel]!.message;

    it.each(Object.entries(orders))("reads moments written as %s", (_, ordered) => {
      const wire = { text: "hi", at: "2026-01-31T13:00:00.007+01:00", editedAt: null };
      const more = { seenAt: ["2026-01-31T12:00:00.007Z"], day: "2026-01-31", answerTo: wire };
      const expected = { text: "hi", at, editedAt: null };
      const whole = { ...expected, seenAt: [at], day: "2026-01-31", answerTo: expected };
      const json = new TextEncoder().encode(JSON.stringify(ordered({ ...wire, ...more })));
      expect(message("chat").deserialize(json, 0, json.length)).toEqual(whole);
      const packed = encode(ordered({ ...wire, ...more }));
      expect(message("packed").deserialize(packed, 0, packed.length)).toEqual(whole);
    });

    it.each(Object.entries(orders))(
      "sends texts of RFC 3339, and timestamps in MessagePack, %s",
      (_, ordered) => {
        const chat = ordered({ text: "hi", at, editedAt: at, seenAt: [at], day: "2026-01-31" });
        const text = "2026-01-31T12:00:00.007Z";
        const wire = { text: "hi", at: text, editedAt: text, seenAt: [text], day: "2026-01-31" };
        expect(JSON.parse(Buffer.from(bytesOf(message("chat"), chat)).toString())).toEqual(wire);
        const packedWire = { ...wire, at, editedAt: at, seenAt: [at] };
        expect(decode(bytesOf(message("packed"), chat))).toEqual(packedWire);
        const timestamps = encode(ordered(packedWire));
        expect(message("packed").deserialize(timestamps, 0, timestamps.length)).toEqual(packedWire);
        // The timestamps of all three forms.
        for (const each of [
          "2026-01-31T12:00:00Z",
          "2600-01-01T00:00:00.001Z",
          "1960-01-01T00:00:00.5Z",
        ]) {
          const moment = ordered({ text: "hi", at: new Date(each), editedAt: null });
          const bytes = bytesOf(message("packed"), moment);
          expect(Buffer.from(bytes).includes(Buffer.from(encode(new Date(each))))).toBe(true);
          expect(message("packed").deserialize(bytes, 0, bytes.length)).toEqual(moment);
        }
        expect(chat).toMatchObject({ at, seenAt: [at] });
      },
    );

    it("finds dates in tuples, maps, unions and what is not declared, and leaves other texts alone", () => {
      const text = "2026-01-31T12:00:00.007Z";
      const wire = {
        name: text,
        since: text,
        span: [1, text, text],
        logins: { [text]: text },
        free: text,
        either: 7,
        ban: { kind: "until", end: text },
        friends: [
          { name: "b", free: "no", either: text, ban: { kind: "forever", end: text } },
          { name: "c", ["__proto__"]: text },
        ],
        other: text,
      };
      const value = {
        name: text,
        since: at,
        span: [1, at, at],
        logins: { [text]: at },
        free: text,
        either: 7,
        ban: { kind: "until", end: at },
        friends: [
          { name: "b", free: "no", either: at, ban: { kind: "forever", end: text } },
          { name: "c", ["__proto__"]: at },
        ],
        other: at,
      };
      const packedWire = { ...wire, friends: [wire.friends[0]] };
      const packedValue = { ...value, friends: [value.friends[0]] };
      // A text of more than three letters is a moment and nothing else, by the schema.
      const bytes = new TextEncoder().encode(JSON.stringify(wire));
      expect(message("player").deserialize(bytes, 0, bytes.length)).toEqual(value);
      const packed = encode(packedWire);
      expect(message("packedPlayer").deserialize(packed, 0, packed.length)).toEqual(packedValue);
      expect(JSON.parse(Buffer.from(bytesOf(message("player"), value)).toString())).toEqual(wire);
      expect(decode(bytesOf(message("packedPlayer"), { ...packedValue, free: at }))).toEqual(
        packedValue,
      );
    });

    it("has moments as payloads, and in one of several messages", () => {
      const text = '"2026-01-31T12:00:00.007Z"';
      const cases = [
        ["moment", at, text],
        ["moments", [at, at], `[${text},${text}]`],
        [
          "events",
          { name: "joined", message: { kind: "joined", at } },
          `{"kind":"joined","at":${text}}`,
        ],
        [
          "events",
          { name: "left", message: { kind: "left", at: "2026-01-31T12:00:00Z" } },
          '{"kind":"left","at":"2026-01-31T12:00:00Z"}',
        ],
      ] as const;
      for (const [channel, value, wire] of cases) {
        const bytes = bytesOf(message(channel), value);
        expect(Buffer.from(bytes).toString()).toBe(wire);
        expect(message(channel).deserialize(bytes, 0, bytes.length)).toEqual(value);
      }
    });
  });

  it("reports the place of an invalid date, both ways", () => {
    const { chat, player, packed } = sdks.get("plain")! as Channels;
    const good = '"2026-01-31T12:00:00Z"';
    const bad = [
      '"noon"',
      '"2026-01-31T12:00:00"',
      '"2026-02-30T12:00:00Z"',
      '"1"',
      "1",
      "null",
      "{}",
      '"2026-01-31"',
    ];
    for (const text of bad) {
      const json = new TextEncoder().encode(
        `{"text":"","at":${good},"answerTo":{"text":"","at":${text}}}`,
      );
      expect(() => chat!.message.deserialize(json, 0, json.length)).toThrow(
        expect.objectContaining({ code: "INVALID_DATE", path: "/answerTo/at" }),
      );
      const bytes = encode({ text: "", at: JSON.parse(text) });
      expect(() => packed!.message.deserialize(bytes, 0, bytes.length)).toThrow(InvalidDateError);
    }
    const ban = new TextEncoder().encode('{"name":"","ban":{"kind":"until","end":"soon"}}');
    expect(() => player!.message.deserialize(ban, 0, ban.length)).toThrow(
      expect.objectContaining({ path: "/ban/end" }),
    );
    for (const date of [new Date(Number.NaN), new Date(8.64e15), "noon", 7]) {
      for (const each of [chat, packed]) {
        expect(() => bytesOf(each!.message, { text: "", at: date })).toThrow(
          expect.objectContaining({ code: "INVALID_DATE", path: "/at" }),
        );
      }
    }
  });

  it("reports a message with an invalid date to the error handler, and delivers the next", async () => {
    await using broker = await startBroker();
    await using ours = new NatsConnection({ servers: broker.url, onError: () => {} });
    const theirs = await connect({ servers: broker.url });
    const sdk = await import(join(bench.folder, "plain", "index.ts"));
    const seen: unknown[] = [];
    await new Promise<void>((resolve) => {
      const take = (what: unknown): void => {
        if (seen.push(what) === 3) resolve();
      };
      void sdk
        .subscribeChat(ours, (message: unknown) => take(message), { onError: take })
        .then(async () => {
          theirs.publish("chat", '{"text":"1","at":"yesterday"}');
          theirs.publish("chat", '{"text":"2","at":"2026-01-31T12:00:00.007Z"}');
          await theirs.flush();
          await expect(
            sdk.publishChat(ours, { text: "x", at: new Date(Number.NaN) }),
          ).rejects.toBeInstanceOf(InvalidDateError);
          await sdk.publishChat(ours, { text: "3", at });
        });
    });
    await theirs.close();
    expect(seen[0]).toBeInstanceOf(DeserializeError);
    expect((seen[0] as Error).cause).toMatchObject({ code: "INVALID_DATE", path: "/at" });
    expect(seen.slice(1)).toEqual([
      { text: "2", at },
      { text: "3", at },
    ]);
  });
});
