/** Parts of compiled codecs. */
export { jsonCodec, msgpackCodec } from "./codec.js";
export {
  type DatePlace,
  type DatesIn,
  dated,
  dateTime,
  dateTimeOrOther,
  dateTimeOrText,
  noDates,
} from "./dates.js";
export {
  readBoolean,
  readDate,
  readNumber,
  readScalar,
  readString,
  writeBoolean,
  writeDate,
  writeNumber,
  writeScalar,
  writeString,
} from "./items.js";
export type { JsonReader } from "./json-reader.js";
export type { JsonWriter } from "./json-writer.js";
export type { MsgpackReader } from "./msgpack-reader.js";
export type { MsgpackWriter } from "./msgpack-writer.js";
export { type Properties, properties } from "./properties.js";
