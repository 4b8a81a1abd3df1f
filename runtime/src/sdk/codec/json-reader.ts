import { decodeLatin1, decodeUtf8 } from "../../buffers/bytes.js";
import { HIGH_BITS, oddBytes } from "./plain-text.js";
import { isAt, type Properties } from "./properties.js";

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const OPEN_ARRAY = 0x5b;
const BACKSLASH = 0x5c;
const SMALL_U = 0x75;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** Maximum number of digits for which the digits alone are exact. */
const EXACT_DIGITS = 15;
const POWERS_OF_TEN: readonly number[] = Array.from({ length: 16 }, (_, i) => Number(`1e${i}`));

/** Longest text from which strings are cut out, because they keep all of it in memory. */
const MAX_SHARED_LENGTH = 8192;

/**
 * Reads JSON in the form that compiled codecs write: known properties in the order of the schema,
 * without white space. At any other form it fails, and `JSON.parse` reads the whole text. Values
 * read after a failure have no meaning, and reading ends soon.
 *
 * A text that ends too early is read beyond its end; {@link end} detects this.
 */
export class JsonReader {
  #buffer: Uint8Array = new Uint8Array(0);
  #view = new DataView(this.#buffer.buffer);
  /** Size of the memory in bytes. */
  #size = 0;
  #at = 0;
  #start = 0;
  #end = 0;
  /** All bytes as characters, created when the first string was cut out. */
  #text: string | undefined;
  /** Start of the properties of the object that was opened last. */
  #opened = -1;
  #failed = false;

  /**
   * Starts reading a text.
   *
   * @param buffer The memory of the text, borrowed until {@link end}.
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
    this.#opened = -1;
    this.#failed = false;
    this.#text = undefined;
  }

  /** @returns `true` if the whole text was read. */
  end(): boolean {
    this.#text = undefined;
    return !this.#failed && this.#at === this.#end;
  }

  /** Opens an object. @returns A negative number if there is none. */
  open(): number {
    if (this.#failed || this.#buffer[this.#at] !== OPEN_OBJECT) {
      this.#failed = true;
      return -1;
    }
    this.#opened = ++this.#at;
    return 0;
  }

  /** @param i Index of the property that must come next. */
  key(properties: Properties, i: number): this {
    if (!this.has(properties, i)) this.#failed = true;
    return this;
  }

  /** @returns `true` if the property comes next; its value follows. */
  has({ json }: Properties, i: number): boolean {
    const key = json[i]!;
    let at = this.#at;
    if (at !== this.#opened && this.#buffer[at++] !== COMMA) return false;
    if (!isAt(this.#view, this.#size, at, key)) return false;
    this.#at = at + key.length;
    return true;
  }

  /** Closes an object. @param _outer The result of {@link open}. */
  close(_outer: number): void {
    this.#skip(CLOSE_OBJECT);
  }

  /** Marks the text as unsupported. */
  fail(): void {
    this.#failed = true;
  }

  /** Placeholder for a missing object. */
  none(): never {
    return undefined as never;
  }

  /** @param item Reads an item of the array. */
  array<T>(item: (from: this) => T): T[] {
    const items: T[] = [];
    this.#skip(OPEN_ARRAY);
    if (this.#failed) return items;
    if (this.#buffer[this.#at] === CLOSE_ARRAY) {
      this.#at++;
      return items;
    }
    for (;;) {
      items.push(item(this));
      if (this.#failed) return items;
      const after = this.#buffer[this.#at++];
      if (after === CLOSE_ARRAY) return items;
      if (after !== COMMA) this.#failed = true;
    }
  }

  /** Reads a string. @returns An empty one after a failure. */
  string<T extends string | undefined>(): T {
    const view = this.#view;
    this.#skip(QUOTE);
    const start = this.#at;
    const lastWord = this.#size - 4;
    let at = start;
    let all = 0;
    for (; at <= lastWord; at += 4) {
      const word = view.getInt32(at);
      if (oddBytes(word) !== 0) break;
      all |= word;
    }
    const buffer = this.#buffer;
    // Past the end of the memory there is no byte at all.
    let byte = buffer[at]!;
    while (byte >= 0x20 && byte !== QUOTE && byte !== BACKSLASH) {
      all |= byte;
      byte = buffer[++at]!;
    }
    if (byte === BACKSLASH) return this.#escaped<T>(start, at, all);
    if (byte !== QUOTE) this.#failed = true;
    if (this.#failed) return "" as T;
    this.#at = at + 1;
    return this.#slice(start, at, all) as T;
  }

  /** Reads a number in any form without an exponent, which is unsupported. */
  number<T extends number | undefined>(): T {
    const buffer = this.#buffer;
    const start = this.#at;
    const isNegative = buffer[start] === MINUS;
    let at = isNegative ? start + 1 : start;
    const first = at;
    let value = 0;
    let digit = buffer[at]! - ZERO;
    while (digit >= 0 && digit <= 9) {
      value = value * 10 + digit;
      digit = buffer[++at]! - ZERO;
    }
    let digits = at - first;
    if (digits === 0 || (digits > 1 && buffer[first] === ZERO)) this.#failed = true;
    let scale = 1;
    if (buffer[at] === POINT) {
      const point = at;
      digit = buffer[++at]! - ZERO;
      while (digit >= 0 && digit <= 9) {
        value = value * 10 + digit;
        digit = buffer[++at]! - ZERO;
      }
      const places = at - point - 1;
      if (places === 0) this.#failed = true;
      digits += places;
      scale = POWERS_OF_TEN[places] ?? 1;
    }
    // An exponent remains unread, where only a comma or a bracket is allowed.
    this.#at = at;
    if (digits > EXACT_DIGITS) return Number(this.#slice(start, at, 0)) as T;
    // Both are exact, and the quotient is rounded in the same way as the decimal.
    value /= scale;
    return (isNegative ? -value : value) as T;
  }

  /** Reads an integer, of any size, as a bigint. */
  bigInt<T extends bigint | undefined>(): T {
    const text = this.#integer();
    return (text === "" ? 0n : BigInt(text)) as T;
  }

  /** Reads an integer, of any size, as text. */
  integerText<T extends string | undefined>(): T {
    return this.#integer() as T;
  }

  /** @returns The digits of an integer without an exponent, which is unsupported; empty after a failure. */
  #integer(): string {
    const buffer = this.#buffer;
    const start = this.#at;
    const first = buffer[start] === MINUS ? start + 1 : start;
    let at = first;
    let digit = buffer[at]! - ZERO;
    while (digit >= 0 && digit <= 9) digit = buffer[++at]! - ZERO;
    const isZero = buffer[first] === ZERO;
    if (at === first || (isZero && (at > first + 1 || first > start))) this.#failed = true;
    // A fraction or an exponent remains unread, where only a comma or a bracket is allowed.
    this.#at = at;
    return this.#failed ? "" : this.#slice(start, at, 0);
  }

  /** Reads `true` or `false`. */
  boolean<T extends boolean | undefined>(): T {
    const isTrue = this.#buffer[this.#at] === TRUE[0];
    this.#word(isTrue ? TRUE : FALSE);
    return isTrue as T;
  }

  /** @returns `true` if null comes next, which is then read. */
  #isNull(): boolean {
    if (this.#buffer[this.#at] !== NULL[0]) return false;
    this.#word(NULL);
    return true;
  }

  /** Reads `null`. */
  null(): null {
    this.#word(NULL);
    return null;
  }

  /** @param read Reads the value if it is not null. */
  nullable<T>(read: (from: this) => T): T | null {
    return this.#isNull() ? null : read(this);
  }

  /** Reads a string, number, boolean or null. */
  scalar<T extends string | number | boolean | null | undefined>(): T {
    const byte = this.#buffer[this.#at];
    if (byte === QUOTE) return this.string<string>() as T;
    if (byte === NULL[0]) return this.null() as T;
    if (byte === TRUE[0] || byte === FALSE[0]) return this.boolean<boolean>() as T;
    return this.number<number>() as T;
  }

  /** @param all All bytes combined, to check that they are ASCII. */
  #slice(start: number, end: number, all: number): string {
    const buffer = this.#buffer;
    if ((all & HIGH_BITS) !== 0 || this.#end - this.#start > MAX_SHARED_LENGTH) {
      return decodeUtf8(buffer, start, end);
    }
    this.#text ??= decodeLatin1(buffer, this.#start, this.#end);
    return this.#text.slice(start - this.#start, end - this.#start);
  }

  /**
   * Reads a string with escapes.
   *
   * @param start Start of its text.
   * @param first Position of the first backslash.
   * @param before All bytes before it, combined.
   */
  #escaped<T extends string | undefined>(start: number, first: number, before: number): T {
    const buffer = this.#buffer;
    let text = this.#slice(start, first, before);
    let from = first;
    let at = first;
    let all = 0;
    for (;;) {
      const byte = buffer[at]!;
      if (byte === BACKSLASH) {
        text += this.#slice(from, at, all);
        const simple = ESCAPED.get(buffer[at + 1]!);
        text += simple ?? this.#unit(at + 1);
        at += simple === undefined ? 6 : 2;
        from = at;
        all = 0;
      } else if (byte >= 0x20 && byte !== QUOTE) {
        all |= byte;
        at++;
      } else break;
    }
    if (buffer[at] !== QUOTE) this.#failed = true;
    this.#at = at + 1;
    return (text + this.#slice(from, at, all)) as T;
  }

  /** Reads a UTF-16 unit, written as `u` and four digits. */
  #unit(at: number): string {
    const buffer = this.#buffer;
    let code = 0;
    for (let i = 1; i <= 4; i++) code = code * 16 + (HEX[buffer[at + i]!] ?? Number.NaN);
    if (buffer[at] !== SMALL_U || !(code >= 0)) this.#failed = true;
    return String.fromCharCode(code);
  }

  #skip(byte: number): void {
    if (this.#buffer[this.#at] === byte) this.#at++;
    else this.#failed = true;
  }

  #word(word: readonly number[]): void {
    const buffer = this.#buffer;
    const { length } = word;
    for (let i = 0; i < length; i++) if (buffer[this.#at + i] !== word[i]) this.#failed = true;
    this.#at += length;
  }
}

/** Escaped characters by the letter after the backslash, except numeric ones. */
const ESCAPED: ReadonlyMap<number, string> = new Map(
  ['\\"', "\\\\", "\\/", "\\b", "\\f", "\\n", "\\r", "\\t"].map((text) => [
    text.charCodeAt(1),
    JSON.parse(`"${text}"`),
  ]),
);
/** Value of a byte as a hexadecimal digit; NaN for other bytes. */
const HEX: Float64Array = Float64Array.from({ length: 256 }, (_, byte) =>
  /^[\da-f]$/i.test(String.fromCharCode(byte))
    ? Number.parseInt(String.fromCharCode(byte), 16)
    : Number.NaN,
);
const TRUE: readonly number[] = [0x74, 0x72, 0x75, 0x65];
const FALSE: readonly number[] = [0x66, 0x61, 0x6c, 0x73, 0x65];
const NULL: readonly number[] = [0x6e, 0x75, 0x6c, 0x6c];
