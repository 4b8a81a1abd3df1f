import { utf8Length } from "../../buffers/bytes.js";
import { ownProperties, PayloadWriter } from "./payload-writer.js";

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
const FIX_STRING = 0xa0;
const STRING_8 = 0xd9;
const STRING_16 = 0xda;
const FIX_ARRAY = 0x90;
const ARRAY_16 = 0xdc;
const FIX_MAP = 0x80;
const MAP_16 = 0xde;

/** Up to this length a loop over char codes beats one native call. */
const SHORT_TEXT_LENGTH = 64;

const float = new Float64Array(1);
const floatBytes = new Uint8Array(float.buffer);
float[0] = 1;
/** Whether numbers lie in memory the other way round than on the wire. */
const isLittleEndian = floatBytes[7] !== 0;

/**
 * Writes MessagePack as msgpackr does without its extension for records, properties in the order of the
 * schema.
 *
 * @see https://github.com/msgpack/msgpack/blob/master/spec.md
 */
export class MsgpackWriter extends PayloadWriter {
  /** Properties that were announced and are still to be written. */
  #open = 0;

  override end(): boolean {
    // One that is there but undefined was announced and not written.
    if (this.#open !== 0) this.refuse();
    this.#open = 0;
    return super.end();
  }

  override undo(): void {
    this.#open = 0;
    super.undo();
  }

  /**
   * Begins a map.
   *
   * @param names The properties that the codec writes.
   * @param required A bit for each of them that may not be missing, the first one lowest.
   * @returns A bit for each of them that is there; -1 when the object is refused.
   */
  object(value: object, names: readonly string[], required: number): number {
    const own = ownProperties(value, names);
    if (own < 0 || (own & required) !== required) {
      this.refuse();
      return -1;
    }
    const count = countBits(own);
    this.#open += count;
    if (count < 16) this.#byte(FIX_MAP | count);
    else this.#uint16(MAP_16, count);
    return own;
  }

  /** @param name The name of the property whose value comes next, each character a byte of UTF-8. */
  key(name: string): this {
    this.#open--;
    const { length } = name;
    this.room(length + 3);
    const { buffer } = this;
    let { at } = this;
    if (length < 32) buffer[at++] = FIX_STRING | length;
    else {
      buffer[at++] = STRING_16;
      buffer[at++] = length >> 8;
      buffer[at++] = length;
    }
    for (let i = 0; i < length; i++) buffer[at++] = name.charCodeAt(i);
    this.at = at;
    return this;
  }

  /** Ends a map, which needs no mark. */
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
    const { buffer } = this;
    let { at } = this;
    if (length < 32) buffer[at++] = FIX_STRING | length;
    else {
      buffer[at++] = STRING_8;
      buffer[at++] = length;
    }
    for (let i = 0; i < length; i++) {
      const code = value.charCodeAt(i);
      if (code > 0x7f) {
        this.#longString(value);
        return;
      }
      buffer[at++] = code;
    }
    this.at = at;
  }

  number(value: number): void {
    if (typeof value !== "number") {
      this.refuse();
      return;
    }
    this.room(9);
    const { buffer, at } = this;
    if ((value | 0) !== value) {
      if (value >>> 0 === value) {
        this.#four(UINT_32, value);
        return;
      }
      buffer[at] = FLOAT_64;
      float[0] = value;
      if (isLittleEndian) for (let i = 0; i < 8; i++) buffer[at + 8 - i] = floatBytes[i]!;
      else for (let i = 0; i < 8; i++) buffer[at + 1 + i] = floatBytes[i]!;
      this.at = at + 9;
    } else if (value < 0x80 && value >= -0x20) {
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

  boolean(value: boolean): void {
    if (typeof value === "boolean") this.#byte(value ? TRUE : FALSE);
    else this.refuse();
  }

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

  #four(head: number, value: number): void {
    const { buffer, at } = this;
    buffer[at] = head;
    buffer[at + 1] = value >>> 24;
    buffer[at + 2] = value >>> 16;
    buffer[at + 3] = value >>> 8;
    buffer[at + 4] = value;
    this.at = at + 5;
  }

  #longString(value: string): void {
    const length = utf8Length(value);
    // The library has a form of its own for half a character.
    if (length > 0xffff || loneSurrogate.test(value)) {
      this.refuse();
      return;
    }
    if (length < 32) this.#byte(FIX_STRING | length);
    else if (length < 256) {
      this.#byte(STRING_8);
      this.#byte(length);
    } else this.#uint16(STRING_16, length);
    this.utf8(value);
  }
}

const loneSurrogate = /\p{Surrogate}/u;

function countBits(bits: number): number {
  let count = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) count++;
  return count;
}
