import { dateTimeText } from "../date-time.js";
import { INTEGER, isWithin64Bits } from "./integers.js";
import { ownProperties, PayloadWriter } from "./payload-writer.js";
import { isIllFormed } from "./plain-text.js";
import type { Properties } from "./properties.js";

const NIL = 0xc0;
const FALSE = 0xc2;
const TRUE = 0xc3;
const FLOAT_64 = 0xcb;
const UINT_8 = 0xcc;
const UINT_16 = 0xcd;
const UINT_32 = 0xce;
const INT_8 = 0xd0;
const INT_16 = 0xd1;
const INT_32 = 0xd2;
const UINT_64 = 0xcf;
const INT_64 = 0xd3;
const EXTENSION_8 = 0xc7;
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

/** Length up to which a loop over char codes is faster than one native call. */
const SHORT_TEXT_LENGTH = 64;

/**
 * Writes MessagePack as msgpackr does without its extension for records, with properties in the
 * order of the schema.
 *
 * @see https://github.com/msgpack/msgpack/blob/master/spec.md
 */
export class MsgpackWriter extends PayloadWriter {
  /**
   * Starts a map.
   *
   * @param names The properties that the codec writes.
   * @param required A bit for each required property, the first one lowest.
   * @returns A bit for each existing property; -1 if the object is unsupported.
   */
  object(value: object, { names }: Properties, required: number): number {
    const own = ownProperties(value, names);
    if (own < 0 || (own & required) !== required) {
      this.refuse();
      return -1;
    }
    const count = countBits(own);
    if (count < 16) this.#byte(FIX_MAP | count);
    else this.#uint16(MAP_16, count);
    return own;
  }

  /** @param i Index of the property whose value comes next. */
  key({ msgpack }: Properties, i: number): this {
    const { words, length } = msgpack[i]!;
    this.room(length + 3);
    const { view, at } = this;
    for (let i = 0, to = at; i < words.length; i++, to += 4) view.setInt32(to, words[i]!);
    this.at = at + length;
    return this;
  }

  /** Ends a map, which needs no end mark. */
  close(): void {}

  /**
   * Writes an array.
   *
   * @param item Writes one of its items.
   */
  array<T>(values: readonly T[], item: (value: T, to: this) => void): void {
    if (!Array.isArray(values) || values.constructor !== Array || values.length > 0xffff) {
      this.refuse();
      return;
    }
    const { length } = values;
    if (length < 16) this.#byte(FIX_ARRAY | length);
    else this.#uint16(ARRAY_16, length);
    for (let i = 0; i < length && !this.refused; i++) item(values[i]!, this);
    if (values.length !== length) this.refuse();
  }

  /**
   * Writes a string of complete characters, up to 65,535 bytes of UTF-8. Other values are
   * unsupported.
   */
  string(value: string): void {
    if (typeof value !== "string") {
      this.refuse();
      return;
    }
    const { length } = value;
    if (length > SHORT_TEXT_LENGTH) {
      this.#longString(value);
      return;
    }
    this.room(length + 2);
    const { buffer, view } = this;
    let { at } = this;
    if (length < 32) buffer[at++] = FIX_STRING | length;
    else {
      buffer[at++] = STRING_8;
      buffer[at++] = length;
    }
    let all = 0;
    let i = 0;
    for (; i + 4 <= length; i += 4, at += 4) {
      const a = value.charCodeAt(i);
      const b = value.charCodeAt(i + 1);
      const c = value.charCodeAt(i + 2);
      const d = value.charCodeAt(i + 3);
      all |= a | b | c | d;
      view.setInt32(at, (a << 24) | (b << 16) | (c << 8) | d);
    }
    for (; i < length; i++) {
      const code = value.charCodeAt(i);
      all |= code;
      buffer[at++] = code;
    }
    if (all > 0x7f) {
      this.#wideString(value);
      return;
    }
    this.at = at;
  }

  /**
   * Writes a number: an integer of up to 32 bits in its shortest form, any other as a 64-bit float.
   * Other values are unsupported.
   */
  // Small, so that it is inlined: passing a double to a function allocates memory for it.
  number(value: number): void {
    if (typeof value !== "number") {
      this.refuse();
      return;
    }
    if ((value | 0) === value) {
      this.#integer(value);
      return;
    }
    this.room(9);
    const { at } = this;
    if (value >>> 0 === value) {
      this.#four(UINT_32, value);
      return;
    }
    this.buffer[at] = FLOAT_64;
    this.view.setFloat64(at + 1, value);
    this.at = at + 9;
  }

  /**
   * Writes a number of a schema of integers: in the shortest form of an integer, up to 64 bits.
   * Fractions are floats, and other values are unsupported.
   */
  integer(value: number): void {
    if ((value | 0) === value) this.#integer(value);
    else if (isWide(value)) this.#eight(value);
    else this.number(value);
  }

  /** Writes a bigint of up to 64 bits in its shortest form. Other values are unsupported. */
  bigInt(value: bigint): void {
    if (typeof value !== "bigint" || !isWithin64Bits(value)) {
      this.refuse();
      return;
    }
    const number = Number(value);
    if (Number.isSafeInteger(number)) {
      this.integer(number);
      return;
    }
    this.room(9);
    const { at } = this;
    this.buffer[at] = value < 0n ? INT_64 : UINT_64;
    this.view.setBigUint64(at + 1, value);
    this.at = at + 9;
  }

  /** Writes a text that is an integer of up to 64 bits. Other values are unsupported. */
  integerText(value: string): void {
    if (typeof value === "string" && INTEGER.test(value)) this.bigInt(BigInt(value));
    else this.refuse();
  }

  /** Writes a date as a timestamp in its shortest form. Other values are unsupported. */
  date(value: Date): void {
    if (dateTimeText(value) === undefined) {
      this.refuse();
      return;
    }
    const time = value.getTime();
    const seconds = Math.floor(time / 1000);
    const nanoseconds = (time - seconds * 1000) * 1e6;
    this.room(15);
    const { buffer, view, at } = this;
    if (seconds < 0 || seconds >= 2 ** 34) {
      buffer[at] = EXTENSION_8;
      buffer[at + 1] = 12;
      buffer[at + 2] = TIMESTAMP;
      view.setUint32(at + 3, nanoseconds);
      view.setBigInt64(at + 7, BigInt(seconds));
      this.at = at + 15;
      return;
    }
    const isShort = nanoseconds === 0 && seconds < 2 ** 32;
    buffer[at] = isShort ? EXTENSION_OF_4 : EXTENSION_OF_8;
    buffer[at + 1] = TIMESTAMP;
    // The seconds have 34 bits, and the nanoseconds the 30 bits before them.
    if (!isShort) view.setUint32(at + 2, nanoseconds * 4 + Math.floor(seconds / 2 ** 32));
    view.setUint32(isShort ? at + 2 : at + 6, seconds);
    this.at = at + (isShort ? 6 : 10);
  }

  /** Writes true or false. Other values are unsupported. */
  boolean(value: boolean): void {
    if (typeof value === "boolean") this.#byte(value ? TRUE : FALSE);
    else this.refuse();
  }

  /** Writes nil. */
  null(): void {
    this.#byte(NIL);
  }

  /** @param write Writes the value if it is not null. */
  nullable<T>(value: T | null, write: (value: T, to: this) => void): void {
    if (value === null) this.null();
    else write(value, this);
  }

  /** Writes a string, number, boolean or null. */
  scalar(value: string | number | boolean | null): void {
    if (typeof value === "string") this.string(value);
    else if (typeof value === "number") this.number(value);
    else if (value === null) this.null();
    else this.boolean(value);
  }

  /** Writes a string, integer, boolean or null. */
  integerScalar(value: string | number | boolean | null): void {
    if (typeof value === "number") this.integer(value);
    else this.scalar(value);
  }

  #byte(byte: number): void {
    this.room(1);
    this.buffer[this.at++] = byte;
  }

  #uint16(head: number, value: number): void {
    this.room(3);
    const { buffer, at } = this;
    buffer[at] = head;
    buffer[at + 1] = value >> 8;
    buffer[at + 2] = value;
    this.at = at + 3;
  }

  #integer(value: number): void {
    this.room(5);
    const { buffer, at } = this;
    if (value < 0x80 && value >= -0x20) {
      buffer[at] = value;
      this.at = at + 1;
    } else if (value >= -0x80 && value < 0x100) {
      buffer[at] = value < 0 ? INT_8 : UINT_8;
      buffer[at + 1] = value;
      this.at = at + 2;
    } else if (value >= -0x8000 && value < 0x10000) {
      buffer[at] = value < 0 ? INT_16 : UINT_16;
      buffer[at + 1] = value >> 8;
      buffer[at + 2] = value;
      this.at = at + 3;
    } else this.#four(value < 0 ? INT_32 : UINT_32, value);
  }

  #four(head: number, value: number): void {
    const { at } = this;
    this.buffer[at] = head;
    this.view.setInt32(at + 1, value);
    this.at = at + 5;
  }

  /** Writes an integer of 33 to 64 bits, which the double represents exactly. */
  #eight(value: number): void {
    this.room(9);
    const { view, at } = this;
    const high = Math.floor(value / 2 ** 32);
    this.buffer[at] = value < 0 ? INT_64 : UINT_64;
    // Both halves are taken modulo 2 ^ 32.
    view.setUint32(at + 1, high);
    view.setUint32(at + 5, value - high * 2 ** 32);
    this.at = at + 9;
  }

  /** Writes a short string with non-ASCII characters. */
  #wideString(value: string): void {
    const { length } = value;
    this.room(3 * length + 2);
    const { buffer, at } = this;
    const head = 3 * length < 32 ? 1 : 2;
    this.at += head;
    let i = 0;
    while (i < length) {
      const code = value.charCodeAt(i);
      const units = code < 0x80 ? 1 : this.wide(value, i);
      if (units === 0) {
        // The library has its own form for half of a surrogate pair.
        this.refuse();
        return;
      }
      if (code < 0x80) buffer[this.at++] = code;
      i += units;
    }
    const size = this.at - at - head;
    if (size < 32) {
      buffer[at] = FIX_STRING | size;
      if (head === 2) buffer.copyWithin(at + 1, at + 2, this.at--);
    } else {
      buffer[at] = STRING_8;
      buffer[at + 1] = size;
    }
  }

  #longString(value: string): void {
    const { length } = value;
    if (length > 0xffff) {
      this.refuse();
      return;
    }
    this.#longHead(length);
    const size = this.utf8(value);
    if (size === length) return;
    // Non-ASCII texts have more bytes than characters.
    this.at -= size + (length < 256 ? 2 : 3);
    if (size > 0xffff || isIllFormed(value)) {
      this.refuse();
      return;
    }
    this.#longHead(size);
    this.utf8(value);
  }

  #longHead(size: number): void {
    if (size >= 256) {
      this.#uint16(STRING_16, size);
      return;
    }
    this.room(2);
    this.buffer[this.at++] = STRING_8;
    this.buffer[this.at++] = size;
  }
}

/** Checks for an integer that needs 33 to 64 bits. */
function isWide(value: number): boolean {
  if (!Number.isInteger(value)) return false;
  return value < 0
    ? value < -(2 ** 31) && value >= -(2 ** 63)
    : value >= 2 ** 32 && value < 2 ** 64;
}

function countBits(bits: number): number {
  // Adds bits in parallel, in fields of one number.
  const pairs = bits - ((bits >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return (((fours + (fours >>> 4)) & 0x0f0f0f0f) * 0x01010101) >>> 24;
}
