import { join } from "node:path";
import { decode, encode } from "@msgpack/msgpack";
import type { NatsSerializer } from "alternats";
import { InvalidIntegerError } from "alternats/sdk";
import { InvalidMessageError } from "alternats/sdk/validate";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { GenerateOptions } from "../../generator/src/index.ts";
import { BytesWriter } from "../sdk/bytes-writer.js";
import { formatted, generateText, Workbench } from "./support/workbench.js";

const fields = `
  type: object
  required: [id, u]
  properties:
    id: { type: integer, format: int64 }
    u: { type: integer, format: uint64, minimum: 0, maximum: 18446744073709551615 }
    m: { type: integer, maximum: 9223372036854775807, minimum: -9223372036854775808 }
    k: { type: integer, enum: [9007199254740993, 1] }
    s: { type: string, format: int64 }
    small: { type: integer, format: int64, minimum: -5, maximum: 1000 }
    plain: { type: integer }
    ratio: { type: number }
    maybe: { type: [integer, "null"], format: int64 }`;

/** Flat messages have compiled codecs; a library reads and writes those with maps. */
const document = (contentType: string): string => `asyncapi: 3.0.0
info: { title: T, version: "1" }
defaultContentType: ${contentType}
servers: { n: { host: localhost, protocol: nats } }
channels:
  flat: { address: flat, messages: { flat: { payload: { $ref: "#/components/schemas/Flat" } } } }
  deep: { address: deep, messages: { deep: { payload: { $ref: "#/components/schemas/Deep" } } } }
components:
  schemas:
    Flat:${fields.replaceAll("\n", "\n    ")}
    Id: { type: integer, format: int64 }
    Deep:
      type: object
      required: [list, map]
      properties:
        list: { type: array, items: { $ref: "#/components/schemas/Id" } }
        map: { type: object, additionalProperties: { $ref: "#/components/schemas/Id" } }
        either: { oneOf: [{ $ref: "#/components/schemas/Id" }, { type: boolean }, { $ref: "#/components/schemas/Flat" }] }
        pair: { type: array, items: [{ $ref: "#/components/schemas/Id" }, { type: number }] }
        ratio: { type: number }
`;

type Form = NonNullable<GenerateOptions["int64"]>;
type Channels = Readonly<Record<"flat" | "deep", { readonly message: NatsSerializer }>>;

const forms: readonly Form[] = ["number", "string", "bigint"];
const encodings = ["json", "msgpack"] as const;
const validations = ["plain", "both"] as const;

/** Integers around each limit of a size in JSON, MessagePack and JavaScript. */
const integers = [
  ...[0n, 1n, -1n, 127n, 128n, -32n, -33n, -128n, -129n, 255n, 256n, -32769n, 65535n, 65536n],
  ...[2n ** 31n, -(2n ** 31n), -(2n ** 31n) - 1n, 2n ** 32n - 1n, 2n ** 32n, -(2n ** 40n)],
  ...[2n ** 53n - 1n, -(2n ** 53n) + 1n, 2n ** 53n, 2n ** 53n + 1n, -(2n ** 53n) - 1n],
  ...[76561198012345679n, 2n ** 63n - 1n, -(2n ** 63n)],
];

describe("integers of 64 bits", () => {
  let bench: Workbench;
  const sdks = new Map<string, Channels>();

  beforeAll(async () => {
    bench = await Workbench.open();
    for (const encoding of encodings) {
      for (const int64 of forms) {
        for (const validate of validations) {
          const { files, diagnostics } = await generateText(
            { "a.yaml": document(`application/${encoding}`) },
            { int64, ...(validate === "both" && { validate }) },
          );
          expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
          const name = `${encoding}-${int64}-${validate}`;
          await bench.writeAll(name, files);
          sdks.set(name, await import(join(bench.folder, name, "channels.ts")));
        }
      }
    }
  });

  afterAll(() => bench[Symbol.asyncDispose]());

  const message = (
    encoding: (typeof encodings)[number],
    int64: Form,
    validate: (typeof validations)[number],
    channel: keyof Channels,
  ): NatsSerializer => sdks.get(`${encoding}-${int64}-${validate}`)![channel].message;

  it("have types that compile", async () => {
    expect(await bench.compile()).toBe("");
  });

  describe.each(["string", "bigint"] as const)("as %s", (int64) => {
    const own = (value: bigint): unknown => (int64 === "bigint" ? value : String(value));

    it.each(validations)("are exact in JSON of any order (validating: %s)", (validate) => {
      const codec = message("json", int64, validate, "flat");
      for (const value of integers) {
        const wire = `{"id":${value},"u":${value < 0n ? -value : value},"m":${value},"s":"1","small":7,"plain":-3,"ratio":0.5,"maybe":${value}}`;
        const expected = {
          ...{ id: own(value), u: own(value < 0n ? -value : value), m: own(value), s: "1" },
          ...{ small: 7, plain: -3, ratio: 0.5, maybe: own(value) },
        };
        expect(read(codec, wire)).toEqual(expected);
        expect(Buffer.from(written(codec, expected)).toString()).toBe(wire);
        const turned = `{ "more":[${value}], "u" : 0,"s":"\\"9007199254740993\\"", "id":\t${value}, "maybe":null }`;
        expect(read(codec, turned)).toMatchObject({
          ...{ id: own(value), u: own(0n), s: '"9007199254740993"', maybe: null },
        });
      }
    });

    it.each(validations)("are MessagePack's integers (validating: %s)", (validate) => {
      const codec = message("msgpack", int64, validate, "flat");
      for (const value of integers) {
        const expected = { id: own(value), u: own(value < 0n ? -value : value), maybe: own(value) };
        const bytes = written(codec, expected);
        // The oracle writes numbers in their shortest form, and bigints in 64 bits.
        const oracle = (of: bigint): Uint8Array =>
          Number.isSafeInteger(Number(of)) ? encode(Number(of)) : encode(of, { useBigInt64: true });
        const parts = ["id", "u", "maybe"].flatMap((name) => [
          Buffer.from(encode(name)),
          Buffer.from(oracle(BigInt(expected[name as "id"] as bigint | string))),
        ]);
        // A library writes validated messages, with other lengths of the same forms.
        if (validate === "plain")
          expect(Buffer.from(bytes)).toEqual(Buffer.concat([Buffer.of(0x83), ...parts]));
        const ids = decode(bytes, { useBigInt64: true }) as { readonly [name: string]: bigint };
        for (const [name, each] of Object.entries(expected)) {
          expect(BigInt(ids[name]!)).toBe(BigInt(each as string));
        }
        expect(codec.deserialize(bytes, 0, bytes.length)).toEqual(expected);
        const other = encode(
          { u: BigInt(expected.u as string), id: value, plain: 2n ** 40n, ratio: 2n ** 40n },
          { useBigInt64: true },
        );
        expect(codec.deserialize(other, 0, other.length)).toEqual({
          ...{ u: expected.u, id: expected.id, plain: 2 ** 40, ratio: 2 ** 40 },
        });
      }
    });

    it.each(encodings)("are exact in lists, maps and alternatives (%s)", (encoding) => {
      for (const validate of validations) {
        const codec = message(encoding, int64, validate, "deep");
        for (const value of integers) {
          const expected = {
            ...{ list: [own(value), own(1n)], map: { a: own(value) }, either: own(value) },
            ...{ pair: [own(value), 0.5], ratio: 2 ** 40 },
          };
          const bytes = written(codec, expected);
          expect(codec.deserialize(bytes, 0, bytes.length)).toEqual(expected);
          const seen =
            encoding === "json"
              ? Buffer.from(bytes).toString()
              : (decode(bytes, { useBigInt64: true }) as { readonly list: readonly unknown[] });
          if (typeof seen === "string")
            expect(seen).toContain(`{"list":[${value},1],"map":{"a":${value}}`);
          else expect(BigInt(seen.list[0] as bigint)).toBe(value);
        }
        const inner = { list: [], map: {}, either: { id: own(2n ** 60n), u: own(1n) } };
        const bytes = written(codec, inner);
        expect(codec.deserialize(bytes, 0, bytes.length)).toEqual(inner);
      }
    });

    it.each(encodings)("refuse what is no integer, by name and place (%s)", (encoding) => {
      const codec = message(encoding, int64, "plain", "deep");
      for (const bad of ["x", "1.5", " 1", "", 1.5, {}]) {
        expect(() => written(codec, { list: [bad], map: {} })).toThrow(InvalidIntegerError);
      }
      expect(() => written(codec, { list: [], map: { a: "0x1" } })).toThrow("/map/a");
      const flat = message(encoding, int64, "plain", "flat");
      expect(() => written(flat, { id: "x", u: own(1n) })).toThrow(InvalidIntegerError);
    });

    it("are compared with their bounds", () => {
      const codec = message("json", int64, "both", "flat");
      expect(() => read(codec, '{"id":1,"u":-1}')).toThrow("/u");
      expect(() => read(codec, '{"id":1,"u":18446744073709551616}')).toThrow("(maximum)");
      expect(() => read(codec, '{"id":1,"u":1,"m":9223372036854775808}')).toThrow("/m");
      expect(() => read(codec, '{"id":1,"u":1,"m":-9223372036854775809}')).toThrow("(minimum)");
      expect(() => read(codec, '{"id":1.5,"u":1}')).toThrow("(type)");
      expect(() => read(codec, '{"id":"1","u":1}')).toThrow(InvalidMessageError);
      expect(() => written(codec, { id: own(1n), u: own(-1n) })).toThrow(InvalidMessageError);
    });
  });

  describe("as numbers", () => {
    it("are rounded without validation, and never bigints", () => {
      const big = 76561198012345679n;
      for (const encoding of encodings) {
        for (const value of [
          { id: big, u: big },
          { u: big, id: big, ratio: 2n ** 60n, plain: 2n ** 60n },
        ]) {
          const codec = message(encoding, "number", "plain", "flat");
          const wire =
            encoding === "msgpack"
              ? encode(value, { useBigInt64: true })
              : Buffer.from(
                  JSON.stringify(value, (_, each) =>
                    typeof each === "bigint" ? Number(each) : each,
                  ),
                );
          expect(codec.deserialize(wire, 0, wire.length)).toEqual(
            Object.fromEntries(Object.entries(value).map(([name, each]) => [name, Number(each)])),
          );
        }
      }
    });

    it("are refused by a validator instead of being rounded", () => {
      const json = message("json", "number", "both", "flat");
      expect(read(json, '{"id":9007199254740991,"u":0}')).toEqual({ id: 9007199254740991, u: 0 });
      expect(() => read(json, '{"id":76561198012345679,"u":0}')).toThrow("/id is beyond 2^53 - 1");
      expect(() => read(json, '{"id":0,"u":0,"plain":-9007199254740993}')).toThrow("/plain");
      expect(() => written(json, { id: 2 ** 60, u: 0 })).toThrow(InvalidMessageError);
      const packed = message("msgpack", "number", "both", "flat");
      const wire = encode({ id: 76561198012345679n, u: 0 }, { useBigInt64: true });
      expect(() => packed.deserialize(wire, 0, wire.length)).toThrow(InvalidMessageError);
    });

    it("are MessagePack's integers at every size, also where a library writes them", () => {
      for (const value of integers.map(Number)) {
        const oracle = Number.isSafeInteger(value)
          ? encode(value)
          : encode(BigInt(value), { useBigInt64: true });
        const flat = written(message("msgpack", "number", "plain", "flat"), { id: value, u: 0 });
        expect(Buffer.from(flat).includes(Buffer.concat([encode("id"), oracle]))).toBe(true);
        const deep = written(message("msgpack", "number", "plain", "deep"), {
          ...{ list: [value], map: { a: value }, ratio: 2 ** 40 },
        });
        const seen = decode(deep, { useBigInt64: true }) as {
          readonly list: readonly (number | bigint)[];
          readonly map: { readonly a: number | bigint };
          readonly ratio: unknown;
        };
        expect([BigInt(seen.list[0]!), BigInt(seen.map.a)]).toEqual([BigInt(value), BigInt(value)]);
        // A number that need not be an integer is a float.
        expect(seen.ratio).toBe(2 ** 40);
      }
    });
  });

  it("are counted in one warning, unless an option gives them a type", async () => {
    for (const int64 of forms) {
      const { diagnostics } = await generateText(
        { "a.yaml": document("application/json") },
        { int64 },
      );
      const warned = diagnostics.filter(({ code }) => code === "rounded-integer");
      expect(warned.map(formatted)).toEqual(
        int64 === "number" ? [expect.stringContaining("warning rounded-integer")] : [],
      );
      if (int64 === "number") expect(warned[0]?.message).toContain("6 integers");
    }
  });

  it("are not warned of within 2^53", async () => {
    const payload = `{ type: object, properties: {
      a: { type: integer, format: int64, minimum: 0, maximum: 9007199254740991 },
      b: { type: integer, format: int64, enum: [1, 2] }, c: { type: integer }, d: { type: integer, format: uint32 } } }`;
    const { diagnostics } = await generateText({
      "a.yaml": `{ asyncapi: 3.0.0, info: { title: T, version: "1" }, servers: { n: { host: h, protocol: nats } }, channels: { c: { address: c, messages: { c: { payload: ${payload} } } } } }`,
    });
    expect(diagnostics).toEqual([]);
  });
});

function read(codec: NatsSerializer, text: string): unknown {
  const bytes = Buffer.from(`x${text}}`);
  return codec.deserialize(bytes, 1, bytes.length - 1);
}

function written(codec: NatsSerializer, value: unknown): Uint8Array {
  const writer = new BytesWriter();
  codec.serialize(value, writer);
  return writer.written;
}
