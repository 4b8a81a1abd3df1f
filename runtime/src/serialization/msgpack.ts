import { Packr, Unpackr } from "msgpackr";
import { asBuffer } from "../buffers/bytes.js";
import type { NatsSerializer } from "./serializer.js";

const packr = new Packr({ useRecords: false });
const reading = {
  useRecords: false,
  // Binary fields would otherwise be views of the read buffer, which is overwritten after the call.
  copyBuffers: true,
  // Others write whole numbers beyond 32 bits in 64: they are numbers here, and bigints only where no number is exact.
  // The package's types do not know the value.
  int64AsType: "auto" as "number",
};
const unpackr = new Unpackr(reading);
const mapUnpackr = new Unpackr({ ...reading, mapsAsObjects: false });

/**
 * MessagePack by msgpackr (an optional peer dependency), as standard MessagePack that every other
 * implementation reads. An empty payload reads as `undefined`. A property named `__proto__` is read as `__proto_`:
 * where one is to be expected, use {@link exactMsgpackSerializer}.
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
 * The same, which reads every property by its own name, `__proto__` as well, in more time. SDKs use it whose
 * document has a property of that name.
 */
export const exactMsgpackSerializer: NatsSerializer = {
  serialize: msgpackSerializer.serialize,
  deserialize(buffer, start, end) {
    if (start === end) return undefined;
    const options = { start, end };
    return withObjects(mapUnpackr.unpack(asBuffer(buffer), options));
  },
};

function packed(value: unknown): Uint8Array {
  try {
    return packr.pack(value);
  } catch (error) {
    // The package calls what is named `toJSON` beside a property named `constructor`, also where both are data.
    if (!(error instanceof TypeError)) throw error;
    return packr.pack(withMaps(value));
  }
}

/** Makes maps of objects that say nothing about their own JSON, whatever their properties are named. */
function withMaps(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withMaps);
  if (typeof value !== "object" || value === null) return value;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype) return value;
  if (typeof (value as { readonly toJSON?: unknown }).toJSON === "function") return value;
  return new Map(Object.entries(value).map(([name, part]) => [name, withMaps(part)]));
}

/** Makes objects of maps, with every name as it is. */
function withObjects(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withObjects);
  if (!(value instanceof Map)) return value;
  return Object.fromEntries(
    Array.from(value, ([name, part]) => {
      if (typeof name === "object") throw new TypeError("a map's key is no name");
      return [name, withObjects(part)];
    }),
  );
}
