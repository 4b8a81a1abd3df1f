import { isDeepStrictEqual } from "node:util";
import { decode, encode } from "@msgpack/msgpack";
import type { NatsSerializer } from "alternats";
import { msgpackSerializer } from "alternats/msgpack";
import { pack, Unpackr } from "msgpackr";
import { describe, expect, it } from "vitest";
import { jsonSerializer } from "../../runtime/src/serialization/json.ts";
import { BytesWriter } from "../sdk/bytes-writer.js";
import { lacks } from "../support/requirements.js";
import { compile } from "./support/compiled-codec.ts";
import { entries } from "./support/corpus.js";
import { documentCase } from "./support/corpus-messages.js";

/** Those who wrote neither our codecs nor each other. */
/** By default it reads every integer of 64 bits as a bigint. */
const unpackr = new Unpackr({ useRecords: false, int64AsType: "auto" as "number" });

const implementations = {
  json: {
    library: jsonSerializer,
    "the platform": {
      write: (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value)),
      read: (bytes: Uint8Array): unknown => JSON.parse(new TextDecoder().decode(bytes)),
    },
    "the platform, with white space": {
      write: (value: unknown): Uint8Array =>
        new TextEncoder().encode(JSON.stringify(value, undefined, "\t")),
      read: (bytes: Uint8Array): unknown => JSON.parse(new TextDecoder().decode(bytes)),
    },
  },
  msgpack: {
    library: msgpackSerializer,
    "@msgpack/msgpack": { write: (value: unknown): Uint8Array => encode(value), read: decode },
    msgpackr: {
      write: (value: unknown): Uint8Array => pack(value),
      read: (bytes: Uint8Array): unknown => unpackr.unpack(bytes),
    },
  },
} as const;

/** The orders that senders have their keys in. */
const orders: Readonly<Record<string, (keys: string[]) => string[]>> = {
  "the schema's order": (keys) => keys,
  "the other way round": (keys) => keys.reverse(),
  "by the alphabet": (keys) => keys.sort(),
  "the last first": (keys) => [...keys.splice(-1), ...keys],
};

function ordered(value: unknown, order: (keys: string[]) => string[]): unknown {
  if (Array.isArray(value)) return value.map((item) => ordered(item, order));
  if (typeof value !== "object" || value === null) return value;
  const all = new Map(Object.entries(value));
  return Object.fromEntries(
    order([...all.keys()]).map((key) => [key, ordered(all.get(key), order)]),
  );
}

function bytesOf(codec: NatsSerializer, value: unknown): Uint8Array {
  const writer = new BytesWriter();
  codec.serialize(value, writer);
  return writer.written;
}

/** Differences between a written value and the value that the other implementation reads. */
function* differences(
  codec: NatsSerializer,
  format: keyof typeof implementations,
  value: unknown,
): Generator<string> {
  const { library: _, ...others } = implementations[format];
  const own = bytesOf(codec, value);
  for (const [name, { write, read }] of Object.entries(others)) {
    if (!isDeepStrictEqual(read(own), value)) yield `${name} reads another value`;
    for (const [order, sorted] of Object.entries(orders)) {
      const bytes = write(ordered(value, sorted));
      const found = codec.deserialize(bytes, 0, bytes.length);
      if (!isDeepStrictEqual(found, value)) yield `of ${name}, ${order}, another value is read`;
    }
  }
}

/** msgpackr calls what is named `toJSON`, and @msgpack/msgpack refuses what is named `__proto__`. */
function isBeyondMsgpack(value: unknown): boolean {
  return /"(?:toJSON|__proto__)":/.test(JSON.stringify(value));
}

describe.skipIf(lacks("corpus"))("every message of the corpus in every format", () => {
  it.each(["json", "msgpack"] as const)(
    "is read by independent implementations, and read from theirs by the codec: %s",
    async (format) => {
      const found: string[] = [];
      const counts = { compiled: 0, library: 0, values: 0 };
      for (const entry of entries("valid")) {
        const { sdk, messages } = await documentCase(entry);
        const seen = new Set<string>();
        for (const { message, values } of messages) {
          const { type, codec } = message;
          if (codec !== "json" && codec !== "msgpack") continue;
          const key = JSON.stringify(type);
          if (seen.has(key)) continue;
          seen.add(key);
          const compiled =
            type.kind === "reference" ? compile(sdk.types, format, type.name) : undefined;
          counts[compiled === undefined ? "library" : "compiled"]++;
          for (const value of values) {
            if (format === "msgpack" && isBeyondMsgpack(value)) continue;
            counts.values++;
            for (const what of differences(
              compiled ?? implementations[format].library,
              format,
              value,
            )) {
              found.push(`${entry.id} ${message.name}: ${what}`);
            }
          }
        }
      }
      console.log(format, counts);
      expect(found).toEqual([]);
      expect(counts.compiled).toBeGreaterThan(300);
    },
    60_000,
  );
});
