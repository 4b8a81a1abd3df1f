/** Parts of compiled codecs. */
export { jsonCodec, msgpackCodec } from "./codec.js";
export { converted, onWire } from "./converted.js";
export {
  readBigInt,
  readBoolean,
  readDate,
  readIntegerText,
  readNumber,
  readScalar,
  readString,
  readTimestamp,
  writeBigInt,
  writeBoolean,
  writeDate,
  writeInteger,
  writeIntegerScalar,
  writeIntegerText,
  writeNumber,
  writeScalar,
  writeString,
  writeTimestamp,
} from "./items.js";
export type { JsonReader } from "./json-reader.js";
export type { JsonWriter } from "./json-writer.js";
export type { MsgpackReader } from "./msgpack-reader.js";
export type { MsgpackWriter } from "./msgpack-writer.js";
export {
  bigInt,
  bigIntOrOther,
  type Conversion,
  dateText,
  dateTime,
  dateTimeOrOther,
  dateTimeOrText,
  float,
  integer,
  integerText,
  integerTextOrOther,
  integerTextOrText,
  type PayloadPlace,
  unconverted,
} from "./place.js";
export { type Properties, properties } from "./properties.js";
