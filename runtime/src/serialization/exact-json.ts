import { decodeUtf8 } from "../buffers/bytes.js";
import { jsonSerializer } from "./json.js";
import type { NatsSerializer } from "./serializer.js";

/** Start of a text that stands for an integer. It differs in each program, so no message can have it. */
const MARK = `integer ${Math.random()} `;
const MARKED = new RegExp(`"${MARK}(-?\\d+)"`, "g");

/** The strings and numbers of a JSON text. */
const STRINGS_AND_NUMBERS = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const LONG_INTEGER = /^-?\d{16,}$/;

/**
 * JSON whose integers are exact at every size: bigints are written with all of their digits, and an
 * integer that a number would round is read as a bigint. SDKs use it for messages whose types have
 * bigints, or texts for integers.
 *
 * @see RFC 8259
 */
export const exactJsonSerializer: NatsSerializer = {
  serialize(value, writer) {
    const text: string | undefined = JSON.stringify(value, function (this: unknown, key, written) {
      // The property itself: programs add a toJSON to bigints.
      const own = (this as { readonly [key: string]: unknown })[key];
      return typeof own === "bigint" ? MARK + own : written;
    });
    if (text === undefined) jsonSerializer.serialize(value, writer);
    else writer.utf8(text.includes(MARK) ? text.replace(MARKED, "$1") : text);
  },
  deserialize(buffer, start, end) {
    const value = jsonSerializer.deserialize(buffer, start, end);
    const text = start === end ? "" : decodeUtf8(buffer, start, end);
    if (!/\d{16}/.test(text)) return value;
    const marked = text.replace(STRINGS_AND_NUMBERS, (part) =>
      LONG_INTEGER.test(part) && !Number.isSafeInteger(Number(part)) ? `"${MARK}${part}"` : part,
    );
    return marked === text ? value : JSON.parse(marked, unmarked);
  },
};

function unmarked(_key: string, value: unknown): unknown {
  return typeof value === "string" && value.startsWith(MARK)
    ? BigInt(value.slice(MARK.length))
    : value;
}
