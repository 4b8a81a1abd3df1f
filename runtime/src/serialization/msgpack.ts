import { Packr, Unpackr } from "msgpackr";
import { asBuffer } from "../buffers/bytes.js";
import type { NatsSerializer } from "./serializer.js";

const packr = new Packr({ useRecords: false });
const reading = {
  useRecords: false,
  // Without this, binary fields would be views of the read buffer, which is overwritten after the
  // call.
  copyBuffers: true,
  // Other implementations write integers beyond 32 bits in 64 bits. They become numbers, and
  // bigints only if a number would be inexact. The package's types do not contain this value.
  int64AsType: "auto" as "number",
};
const unpackr = new Unpackr(reading);
const roundingUnpackr = new Unpackr({ ...reading, int64AsType: "number" });
const mapUnpackr = new Unpackr({ ...reading, mapsAsObjects: false });

/**
 * MessagePack by msgpackr (an optional peer dependency), in the standard form that every other
 * implementation reads. An empty payload reads as `undefined`. A property named `__proto__` is read
 * as `__proto_`: if a payload may have one, use {@link exactMsgpackSerializer}.
 *
 * ```ts
 * import { NatsConnection } from "alternats";
 * import { msgpackSerializer } from "alternats/msgpack";
 *
 * const nats = new NatsConnection({ serializer: msgpackSerializer });
 * ```
 *
 * @see https://github.com/msgpack/msgpack/blob/master/spec.md
 */
export const msgpackSerializer: NatsSerializer = {
  serialize(value, writer) {
    writer.bytes(packed(value));
  },
  deserialize(buffer, start, end) {
    if (start === end) return undefined;
    const options = { start, end };
    return unpackr.unpack(asBuffer(buffer), options);
  },
};

/**
 * Slower variant of {@link msgpackSerializer} that reads every property under its own name,
 * including `__proto__`. SDKs use it if their document has a property of that name.
 */
export const exactMsgpackSerializer: NatsSerializer = {
  serialize: msgpackSerializer.serialize,
  deserialize(buffer, start, end) {
    if (start === end) return undefined;
    const options = { start, end };
    return withObjects(mapUnpackr.unpack(asBuffer(buffer), options));
  },
};

/**
 * Variant of {@link msgpackSerializer} that reads every integer as a number, rounded beyond 2^53. SDKs
 * use it for messages whose types have no bigints.
 */
export const roundingMsgpackSerializer: NatsSerializer = {
  serialize: msgpackSerializer.serialize,
  deserialize(buffer, start, end) {
    if (start === end) return undefined;
    const options = { start, end };
    return roundingUnpackr.unpack(asBuffer(buffer), options);
  },
};

function packed(value: unknown): Uint8Array {
  try {
    return packr.pack(value);
  } catch (error) {
    // If an object has a property named `constructor`, the package calls its `toJSON`, even if both
    // are data.
    if (!(error instanceof TypeError)) throw error;
    return packr.pack(withMaps(value));
  }
}

/** Converts objects without their own JSON form to maps, for any property names. */
function withMaps(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withMaps);
  if (typeof value !== "object" || value === null) return value;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype) return value;
  if (typeof (value as { readonly toJSON?: unknown }).toJSON === "function") return value;
  return new Map(Object.entries(value).map(([name, part]) => [name, withMaps(part)]));
}

/** Converts maps to objects, with every name unchanged. */
function withObjects(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withObjects);
  if (!(value instanceof Map)) return value;
  return Object.fromEntries(
    Array.from(value, ([name, part]) => {
      if (typeof name === "object")
        throw new TypeError("a key of a map is an object instead of a name");
      return [name, withObjects(part)];
    }),
  );
}
