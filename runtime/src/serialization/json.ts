import { decodeUtf8 } from "../buffers/bytes.js";
import type { NatsSerializer } from "./serializer.js";

/**
 * JSON, the default. An empty payload reads as `undefined`.
 *
 * @see RFC 8259
 */
export const jsonSerializer: NatsSerializer = {
  serialize(value, writer) {
    const text: string | undefined = JSON.stringify(value);
    if (text === undefined)
      throw new TypeError(
        `JSON cannot represent ${value === undefined ? value : `a ${typeof value}`}`,
      );
    writer.utf8(text);
  },
  deserialize(buffer, start, end) {
    return start === end ? undefined : JSON.parse(decodeUtf8(buffer, start, end));
  },
};
