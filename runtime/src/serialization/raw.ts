import { copyOut } from "../buffers/slab.js";
import type { NatsSerializer } from "./serializer.js";

/**
 * Bytes without conversion. Received bytes are copied out of the read buffer and belong to the
 * handler. Small payloads share slabs of 64 KiB, so one kept payload may keep 64 KiB in memory.
 */
export const rawSerializer: NatsSerializer<Uint8Array> = {
  serialize(value, writer) {
    if (!(value instanceof Uint8Array)) throw new TypeError("expected a Uint8Array");
    writer.bytes(value);
  },
  deserialize: copyOut,
};
