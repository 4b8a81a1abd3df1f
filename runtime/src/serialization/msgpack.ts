import { Packr, Unpackr } from "msgpackr";
import { asBuffer } from "../buffers/bytes.js";
import type { NatsSerializer } from "./serializer.js";

const packr = new Packr({ useRecords: false });
const unpackr = new Unpackr({
  useRecords: false,
  // Binary fields would otherwise be views of the read buffer, which is overwritten after the call.
  copyBuffers: true,
  // Others write whole numbers beyond 32 bits in 64: they are numbers here, and bigints only where no number is exact.
  // The package's types do not know the value.
  int64AsType: "auto" as "number",
});

/**
 * MessagePack by msgpackr (an optional peer dependency), as standard MessagePack that every other
 * implementation reads. An empty payload reads as `undefined`.
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
    writer.bytes(packr.pack(value));
  },
  deserialize(buffer, start, end) {
    if (start === end) return undefined;
    const options = { start, end };
    return unpackr.unpack(asBuffer(buffer), options);
  },
};
