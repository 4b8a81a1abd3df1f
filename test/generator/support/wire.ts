import { pack, Unpackr } from "msgpackr";
import type { MessageCase } from "./corpus-messages.js";

type Codec = MessageCase["message"]["codec"];

/** By default it reads every integer of 64 bits as a bigint. */
const unpackr = new Unpackr({ useRecords: false, int64AsType: "auto" as "number" });

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

const readers: { readonly [codec in Codec]: (bytes: Uint8Array) => unknown } = {
  json: (bytes) => JSON.parse(decoder.decode(bytes)),
  msgpack: (bytes) => unpackr.unpack(bytes),
  text: (bytes) => decoder.decode(bytes),
  bytes: (bytes) => Uint8Array.from(bytes),
  none: (bytes) => (bytes.length === 0 ? undefined : bytes),
};

const writers: { readonly [codec in Codec]: (value: unknown) => Uint8Array } = {
  json: (value) => encoder.encode(JSON.stringify(value)),
  msgpack: (value) => pack(value),
  text: (value) => encoder.encode(String(value)),
  bytes: (value) => value as Uint8Array,
  none: () => new Uint8Array(),
};

/** Values as another implementation reads them from the wire. */
export function readWire({ message }: MessageCase, bytes: Uint8Array): unknown {
  return readers[message.codec](bytes);
}

/** Bytes as another implementation writes them. */
export function writeWire({ message }: MessageCase, value: unknown): Uint8Array {
  return writers[message.codec](value);
}

/** A value as users of the SDK have it in hands: one of several messages comes with its name. */
export function wrapped({ named, message, headers }: MessageCase, value: unknown): unknown {
  if (!named) return value;
  return { name: message.name, message: value, ...(headers === undefined ? {} : { headers }) };
}
