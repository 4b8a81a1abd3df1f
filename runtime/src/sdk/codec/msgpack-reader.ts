import { decodeLatin1, decodeUtf8 } from "../../buffers/bytes.js";
import { readDate } from "./items.js";
import { HIGH_BITS } from "./plain-text.js";
import { isAt, type Properties } from "./properties.js";

const NIL = 0xc0;
const FALSE = 0xc2;
const TRUE = 0xc3;
const FLOAT_32 = 0xca;
const FLOAT_64 = 0xcb;
const UINT_8 = 0xcc;
const UINT_16 = 0xcd;
const UINT_32 = 0xce;
const INT_8 = 0xd0;
const INT_16 = 0xd1;
const INT_32 = 0xd2;
const UINT_64 = 0xcf;
const INT_64 = 0xd3;
const EXTENSION_OF_4 = 0xd6;
const EXTENSION_OF_8 = 0xd7;
/** Type of the extension for dates, -1. */
const TIMESTAMP = 0xff;
const FIX_STRING = 0xa0;
const STRING_8 = 0xd9;
const STRING_16 = 0xda;
const FIX_ARRAY = 0x90;
const ARRAY_16 = 0xdc;
const FIX_MAP = 0x80;
const MAP_16 = 0xde;

/** Length up to which cutting a string out of a longer one is faster than one native call. */
const SHORT_TEXT_LENGTH = 64;

/** Longest text from which strings are cut out, because they keep all of it in memory. */
const MAX_SHARED_LENGTH = 8192;

/**
 * Reads MessagePack in the form that compiled codecs write: maps of known properties in the order
 * of the schema. At any other form it fails, and the library reads all of it.
 * Values read after a failure have no meaning, and reading ends soon.
 *
 * A value that ends too early is read beyond its end; {@link end} detects this.
 *
 * @see https://github.com/msgpack/msgpack/blob/master/spec.md
 */
export class MsgpackReader {
  #buffer: Uint8Array = new Uint8Array(0);
  #view = new DataView(this.#buffer.buffer);
  /** Size of the memory in bytes. */
  #size = 0;
  #at = 0;
  #start = 0;
  #end = 0;
  /** All bytes as characters, created when the first string was cut out. */
  #text: string | undefined;
  #failed = false;
  /** Number of remaining properties of the current map. */
  #left = 0;

  /**
   * Starts reading a value.
   *
   * @param buffer The memory of the value, borrowed until {@link end}.
   * @param start Its first byte.
   * @param end One past its last byte.
   */
  begin(buffer: Uint8Array, start: number, end: number): void {
    if (buffer !== this.#buffer) {
      this.#buffer = buffer;
      this.#view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
      this.#size = buffer.byteLength;
    }
    this.#at = start;
    this.#start = start;
    this.#end = end;
    this.#text = undefined;
    this.#failed = false;
    this.#left = 0;
  }

  /** @returns `true` if all bytes were read. */
  end(): boolean {
    this.#text = undefined;
    return !this.#failed && this.#at === this.#end;
  }

  /**
   * Opens a map.
   *
   * @returns The state of the outer map, for {@link close}; a negative number if there is no map.
   */
  open(): number {
    const head = this.#buffer[this.#at++]!;
    const outer = this.#left;
    if (head >= FIX_MAP && head < FIX_MAP + 16) this.#left = head - FIX_MAP;
    else if (head === MAP_16) this.#left = this.#uint16();
    else this.#failed = true;
    return this.#failed ? -1 : outer;
  }

  /** @param i Index of the property that must come next. */
  key(properties: Properties, i: number): this {
    if (!this.has(properties, i)) this.#failed = true;
    return this;
  }

  /** @returns `true` if the property comes next; its value follows. */
  has({ msgpack }: Properties, i: number): boolean {
    if (this.#left === 0) return false;
    const key = msgpack[i]!;
    if (!isAt(this.#view, this.#size, this.#at, key)) return false;
    this.#at += key.length;
    this.#left--;
    return true;
  }

  /** Closes a map. @param outer The result of {@link open}. */
  close(outer: number): void {
    if (this.#left !== 0) this.#failed = true;
    this.#left = outer;
  }

  /** Marks the bytes as unsupported. */
  fail(): void {
    this.#failed = true;
  }

  /** Placeholder for a missing map. */
  none(): never {
    return undefined as never;
  }

  /** @param item Reads an item of the array. */
  array<T>(item: (from: this) => T): T[] {
    const items: T[] = [];
    const head = this.#buffer[this.#at++]!;
    let length = 0;
    if (head >= FIX_ARRAY && head < FIX_ARRAY + 16) length = head - FIX_ARRAY;
    else if (head === ARRAY_16) length = this.#uint16();
    else this.#failed = true;
    // Each item has at least one byte: a larger length would read into the following bytes.
    if (length > this.#end - this.#at) this.#failed = true;
    for (let i = 0; i < length && !this.#failed; i++) items.push(item(this));
    return items;
  }

  /** Reads a string of up to 65,535 bytes. @returns An empty one after a failure. */
  string<T extends string | undefined>(): T {
    const buffer = this.#buffer;
    const head = buffer[this.#at++]!;
    let length = head - FIX_STRING;
    if (head === STRING_8) length = buffer[this.#at++]!;
    else if (head === STRING_16) length = this.#uint16();
    else if (length < 0 || length >= 32) this.#failed = true;
    const start = this.#at;
    const end = start + length;
    if (this.#failed || end > this.#end) {
      this.#failed = true;
      return "" as T;
    }
    this.#at = end;
    if (length > SHORT_TEXT_LENGTH || this.#end - this.#start > MAX_SHARED_LENGTH) {
      return decodeUtf8(buffer, start, end) as T;
    }
    let all = 0;
    let i = start;
    for (; i + 4 <= end; i += 4) all |= this.#view.getInt32(i);
    for (; i < end; i++) all |= buffer[i]!;
    if ((all & HIGH_BITS) !== 0) return decodeUtf8(buffer, start, end) as T;
    this.#text ??= decodeLatin1(buffer, this.#start, this.#end);
    return this.#text.slice(start - this.#start, end - this.#start) as T;
  }

  /** Reads an integer, rounded beyond 2 ^ 53, or a float. */
  number<T extends number | undefined>(): T {
    return this.#number() as T;
  }

  /** Reads an integer as a bigint. */
  bigInt<T extends bigint | undefined>(): T {
    const at = this.#at + 1;
    const head = this.#buffer[at - 1];
    if (head === UINT_64 || head === INT_64) {
      this.#at = at + 8;
      const view = this.#view;
      return (head === UINT_64 ? view.getBigUint64(at) : view.getBigInt64(at)) as T;
    }
    const value = this.#number();
    // The library reads a float, which may be an integer.
    if (head === FLOAT_32 || head === FLOAT_64) this.#failed = true;
    return BigInt(this.#failed ? 0 : value) as T;
  }

  /** Reads an integer as text. */
  integerText<T extends string | undefined>(): T {
    return String(this.bigInt<bigint>()) as T;
  }

  /** Reads a date: a timestamp of 4 or 8 bytes, or a `date-time` of RFC 3339. */
  date(): Date {
    const view = this.#view;
    const at = this.#at;
    const head = this.#buffer[at];
    const isShort = head === EXTENSION_OF_4;
    if (!isShort && head !== EXTENSION_OF_8) return readDate(this);
    if (this.#buffer[at + 1] !== TIMESTAMP) this.#failed = true;
    this.#at = at + (isShort ? 6 : 10);
    if (isShort) return new Date(view.getUint32(at + 2) * 1000);
    // The seconds have 34 bits, and the nanoseconds the 30 bits before them.
    const high = view.getUint32(at + 2);
    const seconds = (high & 3) * 2 ** 32 + view.getUint32(at + 6);
    return new Date(seconds * 1000 + Math.floor((high >>> 2) / 1e6));
  }

  /** Reads true or false. */
  boolean<T extends boolean | undefined>(): T {
    const head = this.#buffer[this.#at++];
    if (head !== TRUE && head !== FALSE) this.#failed = true;
    return (head === TRUE) as T;
  }

  /** @returns `true` if nil comes next, which is then read. */
  #isNull(): boolean {
    if (this.#buffer[this.#at] !== NIL) return false;
    this.#at++;
    return true;
  }

  /** Reads nil. */
  null(): null {
    if (!this.#isNull()) this.#failed = true;
    return null;
  }

  /** @param read Reads the value if it is not null. */
  nullable<T>(read: (from: this) => T): T | null {
    return this.#isNull() ? null : read(this);
  }

  /** Reads a string, number, boolean or nil. */
  scalar<T extends string | number | boolean | null | undefined>(): T {
    const head = this.#buffer[this.#at]!;
    if (head === NIL) return this.null() as T;
    if (head === TRUE || head === FALSE) return this.boolean<boolean>() as T;
    const isString = head === STRING_8 || head === STRING_16 || (head & 0xe0) === FIX_STRING;
    return (isString ? this.string<string>() : this.#number()) as T;
  }

  #number(): number {
    const at = this.#at;
    // Past the end of the memory the view throws, which is a failure as well.
    const head = this.#buffer[at]!;
    this.#at = at + 1;
    if (head < 0x80) return head;
    if (head >= 0xe0) return head - 0x100;
    switch (head) {
      case FLOAT_64:
        this.#at = at + 9;
        return this.#view.getFloat64(at + 1);
      case FLOAT_32:
        this.#at = at + 5;
        return this.#view.getFloat32(at + 1);
      case UINT_8:
        this.#at = at + 2;
        return this.#buffer[at + 1]!;
      case UINT_16:
        this.#at = at + 3;
        return this.#view.getUint16(at + 1);
      case UINT_32:
        this.#at = at + 5;
        return this.#view.getUint32(at + 1);
      case INT_8:
        this.#at = at + 2;
        return this.#view.getInt8(at + 1);
      case INT_16:
        this.#at = at + 3;
        return this.#view.getInt16(at + 1);
      case INT_32:
        this.#at = at + 5;
        return this.#view.getInt32(at + 1);
      case UINT_64:
      case INT_64:
        return this.#integer64(at, head);
      default:
        this.#failed = true;
        return 0;
    }
  }

  #integer64(at: number, head: number): number {
    this.#at = at + 9;
    const view = this.#view;
    const high = head === UINT_64 ? view.getUint32(at + 1) : view.getInt32(at + 1);
    return high * 2 ** 32 + view.getUint32(at + 5);
  }

  #uint16(): number {
    const at = this.#at;
    this.#at = at + 2;
    return this.#view.getUint16(at);
  }
}
