import { decodeUtf8 } from "../buffers/bytes.js";
import type { NatsSerializer } from "./serializer.js";

/** Text as UTF-8, without quotes. */
export const textSerializer: NatsSerializer<string> = {
  serialize(value, writer) {
    if (typeof value !== "string") throw new TypeError(`expected a string, got ${typeof value}`);
    writer.utf8(value);
  },
  deserialize: decodeUtf8,
};
