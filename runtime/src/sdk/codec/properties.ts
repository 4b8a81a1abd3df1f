import { encodeUtf8 } from "../../buffers/bytes.js";

/**
 * The name of a property in its form on the wire, four bytes per number, so that writing and
 * comparing take a quarter of the steps.
 */
export interface Key {
  /** Big-endian, with zeros after the last byte. */
  readonly words: Int32Array;
  /** Number of bytes. */
  readonly length: number;
  /** A bit for each byte of the last word. */
  readonly mask: number;
}

/** Properties of an object that has compiled functions. */
export interface Properties {
  readonly names: readonly string[];
  /** The name in quotes and a colon. */
  readonly json: readonly Key[];
  /** The name as a string. */
  readonly msgpack: readonly Key[];
}

/**
 * Prepares the properties of an object.
 *
 * @param names At most 31, in the order of the schema, in which they are written.
 */
export function properties(...names: readonly string[]): Properties {
  return {
    names,
    json: names.map((name) => toKey([], `${JSON.stringify(name)}:`)),
    msgpack: names.map((name) => toKey(headOf(encodeUtf8(name).length), name)),
  };
}

/** The first bytes of a string in MessagePack. */
function headOf(length: number): readonly number[] {
  if (length < 32) return [0xa0 | length];
  return length < 256 ? [0xd9, length] : [0xda, length >> 8, length & 0xff];
}

function toKey(head: readonly number[], name: string): Key {
  const bytes = [...head, ...encodeUtf8(name)];
  const { length } = bytes;
  const words = new Int32Array((length + 3) >> 2);
  for (const [i, byte] of bytes.entries()) words[i >> 2]! |= byte << (24 - 8 * (i & 3));
  return { words, length, mask: -1 << (32 * words.length - 8 * length) };
}

/**
 * @param size Size of the view in bytes, whose own `byteLength` is slow.
 * @returns `true` if the name is at this position.
 */
export function isAt(
  view: DataView,
  size: number,
  at: number,
  { words, length, mask }: Key,
): boolean {
  const last = words.length - 1;
  if (at + 4 * words.length > size) return isAtEnd(view, size, at, words, length);
  let from = at;
  for (let i = 0; i < last; i++, from += 4) if (view.getInt32(from) !== words[i]) return false;
  return (view.getInt32(from) & mask) === words[last];
}

/** Variant of {@link isAt} for memory that ends before the last word. */
function isAtEnd(
  view: DataView,
  size: number,
  at: number,
  words: Int32Array,
  length: number,
): boolean {
  if (at + length > size) return false;
  for (let i = 0; i < length; i++) {
    if (view.getUint8(at + i) !== ((words[i >> 2]! >>> (24 - 8 * (i & 3))) & 0xff)) return false;
  }
  return true;
}
