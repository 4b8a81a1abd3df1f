import { copyOut } from "../buffers/slab.js";
import type { NatsSerializer } from "./serializer.js";

/**
 * Bytes as they are. What arrives is copied out of the read buffer and belongs to the handler; small
 * payloads share memory in slabs of 64 KiB, so one kept payload may keep 64 KiB.
 */
export const rawSerializer: NatsSerializer<Uint8Array> = {
  serialize(value, writer) {
    if (!(value instanceof Uint8Array)) throw new TypeError("expected a Uint8Array");
    writer.bytes(value);
  },
  deserialize: copyOut,
};
