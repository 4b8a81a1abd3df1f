import type { NatsSerializer } from "../../serialization/serializer.js";
import { dateTimeText, parseDateTime } from "../date-time.js";
import { type Message, over } from "../message.js";
import { integerOf, isWithin64Bits, narrowest } from "./integers.js";
import { type Conversion, PayloadPlace, type Rules } from "./place.js";

/**
 * Creates a message with `Date` objects for `date-time` texts (RFC 3339), or with bigints or texts for
 * integers of 64 bits.
 *
 * ```ts
 * const chat: Message<Chat> = converted(json(), (at) => at.property("timestamp", dateTime));
 * ```
 *
 * @param message The codec, which has texts instead of dates, and bigints beyond 2^53 only.
 * @param conversion Visits the converted parts.
 */
export function converted<T, H>(message: Message<T, H>, conversion: Conversion): Message<T, H> {
  return between(message, conversion, toSchema, toProgram);
}

/**
 * Creates a message whose integers have the integer forms of MessagePack at every size up to 64 bits,
 * and whose dates have its own form of dates. As text, both forms may arrive.
 *
 * @param message The codec of MessagePack.
 * @param conversion Visits these parts.
 */
export function onWire<T, H>(message: Message<T, H>, conversion: Conversion): Message<T, H>;
export function onWire<T>(serializer: NatsSerializer, conversion: Conversion): Message<T>;
export function onWire<T, H>(message: Message<T, H>, conversion: Conversion): Message<T, H> {
  return between(message, conversion, toMsgpack, fromMsgpack);
}

function between<T, H>(
  message: Message<T, H>,
  conversion: Conversion,
  outward: Rules,
  inward: Rules,
): Message<T, H> {
  const { headerCodec, accept } = message;
  return {
    ...over(message),
    ...(headerCodec && { headerCodec }),
    serialize(value, writer) {
      message.serialize(turned(value, conversion, outward), writer);
    },
    accept: (value) => turned(accept === undefined ? value : accept(value), conversion, inward),
    deserialize: (buffer, start, end, headers) =>
      turned(message.deserialize(buffer, start, end, headers), conversion, inward),
  };
}

/** @throws InvalidDateError or InvalidIntegerError */
function turned<T>(value: T, conversion: Conversion, rules: Rules): T {
  const place = new PayloadPlace(value, rules);
  conversion(place);
  return place.value as T;
}

const same = (value: unknown): unknown => value;

/** From a program to the form that the schema describes. */
const toSchema: Rules = {
  date(value) {
    if (typeof value !== "string") return dateTimeText(value);
    return Number.isNaN(parseDateTime(value)) ? undefined : value;
  },
  dateText: same,
  integer: same,
  number: same,
  bigInt: (value) => narrowest(integerOf(value)),
  integerText: (value) => narrowest(integerOf(value)),
};

/** From the form that the schema describes to a program. */
const toProgram: Rules = {
  date(value) {
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : value;
    const time = typeof value === "string" ? parseDateTime(value) : Number.NaN;
    return Number.isNaN(time) ? undefined : new Date(time);
  },
  dateText: same,
  integer: rounded,
  number: rounded,
  bigInt: integerOf,
  integerText: (value) => integerOf(value)?.toString(),
};

/** From the form that the schema describes to values for a library of MessagePack. */
const toMsgpack: Rules = {
  date: (value) => (typeof value === "string" ? new Date(parseDateTime(value)) : value),
  dateText: same,
  integer: wide,
  number: same,
  bigInt: wide64,
  integerText: wide64,
};

/** From the values of a library of MessagePack to the form that the schema describes. */
const fromMsgpack: Rules = {
  date: textOfDate,
  dateText: textOfDate,
  integer: rounded,
  number: rounded,
  bigInt: same,
  integerText: same,
};

/** The format has its own form of dates, which libraries read as a Date. */
function textOfDate(value: unknown): unknown {
  return value instanceof Date ? dateTimeText(value) : value;
}

/** Libraries read some integers as bigints. */
function rounded(value: unknown): unknown {
  return typeof value === "bigint" ? Number(value) : value;
}

/** Libraries write an integer beyond 32 bits as a float, unless it is a bigint. */
function wide(value: unknown): unknown {
  if (typeof value !== "number" || !Number.isInteger(value)) return value;
  if (value >= -(2 ** 31) && value < 2 ** 32) return value;
  const integer = BigInt(value);
  return isWithin64Bits(integer) ? integer : value;
}

function wide64(value: unknown): unknown {
  return typeof value === "bigint" && !isWithin64Bits(value) ? undefined : wide(value);
}
