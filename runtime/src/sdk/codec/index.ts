/** What compiled codecs are made of. */
export { jsonCodec, msgpackCodec } from "./codec.js";
export {
  readBoolean,
  readNumber,
  readScalar,
  readString,
  writeBoolean,
  writeNumber,
  writeScalar,
  writeString,
} from "./items.js";
export type { JsonReader } from "./json-reader.js";
export type { JsonWriter } from "./json-writer.js";
export type { MsgpackReader } from "./msgpack-reader.js";
export type { MsgpackWriter } from "./msgpack-writer.js";
export { type Properties, properties } from "./properties.js";
