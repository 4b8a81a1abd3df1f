/** What compiled codecs are made of. */
export { jsonCodec, msgpackCodec } from "./codec.js";
export type { JsonReader } from "./json-reader.js";
export type { JsonWriter } from "./json-writer.js";
export type { MsgpackReader } from "./msgpack-reader.js";
export type { MsgpackWriter } from "./msgpack-writer.js";
