import { decodeLatin1, decodeUtf8 } from "../../buffers/bytes.js";
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
const FIX_STRING = 0xa0;
const STRING_8 = 0xd9;
const STRING_16 = 0xda;
const FIX_ARRAY = 0x90;
const ARRAY_16 = 0xdc;
const FIX_MAP = 0x80;
const MAP_16 = 0xde;

/** Up to this length cutting a string out of a longer one beats one native call. */
const SHORT_TEXT_LENGTH = 64;

/** Strings cut out of a longer text would keep all of it alive. */
const MAX_SHARED_LENGTH = 8192;

/**
 * Reads MessagePack that looks as compiled codecs write it: maps of known properties in the order of the
 * schema, integers that are safe. At the first surprise it fails, whereupon the library
 * reads all of it. What it reads after that has no meaning, and ends soon.
 *
 * What ends too early is read on into what follows it; {@link end} notices.
 *
 * @see https://github.com/msgpack/msgpack/blob/master/spec.md
 */
export class MsgpackReader {
  #buffer: Uint8Array = new Uint8Array(0);
  #view = new DataView(this.#buffer.buffer);
  /** Bytes of the memory. */
  #size = 0;
  #at = 0;
  #start = 0;
  #end = 0;
  /** All bytes as characters, once a string was cut out of them. */
  #text: string | undefined;
  #failed = false;
  /** Properties of the current map that are still to come. */
  #left = 0;

  /**
   * Begins a value.
   *
   * @param buffer The memory that it lies in, borrowed until {@link end}.
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

  /** @returns Whether all of the bytes were read. */
  end(): boolean {
    this.#text = undefined;
    return !this.#failed && this.#at === this.#end;
  }

  /**
   * Begins a map.
   *
   * @returns What {@link close} must be told of the map around it; negative when there is none.
   */
  open(): number {
    const head = this.#buffer[this.#at++]!;
    const outer = this.#left;
    if (head >= FIX_MAP && head < FIX_MAP + 16) this.#left = head - FIX_MAP;
    else if (head === MAP_16) this.#left = this.#uint16();
    else this.#failed = true;
    return this.#failed ? -1 : outer;
  }

  /** @param i Which of the properties must come next. */
  key(properties: Properties, i: number): this {
    if (!this.has(properties, i)) this.#failed = true;
    return this;
  }

  /** @returns Whether a property comes next; if so, what comes after that is its value. */
  has({ msgpack }: Properties, i: number): boolean {
    if (this.#left === 0) return false;
    const key = msgpack[i]!;
    if (!isAt(this.#view, this.#size, this.#at, key)) return false;
    this.#at += key.length;
    this.#left--;
    return true;
  }

  /** Ends a map. @param outer What {@link open} returned. */
  close(outer: number): void {
    if (this.#left !== 0) this.#failed = true;
    this.#left = outer;
  }

  /** Notes that the functions were not made for what was read. */
  fail(): void {
    this.#failed = true;
  }

  /** What stands for a map that is none. */
  none(): never {
    return undefined as never;
  }

  /** @param item Reads one of the array's items. */
  array<T>(item: (from: this) => T): T[] {
    const items: T[] = [];
    const head = this.#buffer[this.#at++]!;
    let length = 0;
    if (head >= FIX_ARRAY && head < FIX_ARRAY + 16) length = head - FIX_ARRAY;
    else if (head === ARRAY_16) length = this.#uint16();
    else this.#failed = true;
    // Each item takes a byte at least: what is said to be more would be read out of what follows.
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

  /** Reads an integer that a number is exact for, or a float. */
  number<T extends number | undefined>(): T {
    return this.#number() as T;
  }

  /** Reads true or false. */
  boolean<T extends boolean | undefined>(): T {
    const head = this.#buffer[this.#at++];
    if (head !== TRUE && head !== FALSE) this.#failed = true;
    return (head === TRUE) as T;
  }

  /** @returns Whether nil comes next; if so, it is read. */
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
    // Past the end of the memory the view throws, which is a failure like any other.
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
    const value = high * 2 ** 32 + view.getUint32(at + 5);
    // What no number is exact for, the library makes a bigint of.
    if (!Number.isSafeInteger(value)) this.#failed = true;
    return value;
  }

  #uint16(): number {
    const at = this.#at;
    this.#at = at + 2;
    return this.#view.getUint16(at);
  }
}
