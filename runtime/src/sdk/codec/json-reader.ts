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

/** Of numbers with more digits than this, the digits alone are not exact. */
const EXACT_DIGITS = 15;
const POWERS_OF_TEN: readonly number[] = Array.from({ length: 16 }, (_, i) => Number(`1e${i}`));

/** Strings cut out of a longer text would keep all of it alive. */
const MAX_SHARED_LENGTH = 8192;

/**
 * Reads JSON that looks as compiled codecs write it: known properties in the order of the schema, no
 * white space. At the first surprise it fails, whereupon `JSON.parse` reads the whole text.
 * What it reads after that has no meaning, and ends soon.
 *
 * A text that ends too early is read on into what follows it; {@link end} notices.
 */
export class JsonReader {
  #buffer: Uint8Array = new Uint8Array(0);
  #view = new DataView(this.#buffer.buffer);
  /** Bytes of the memory. */
  #size = 0;
  #at = 0;
  #start = 0;
  #end = 0;
  /** All bytes as characters, once a string was cut out of them. */
  #text: string | undefined;
  /** Where the properties of the object begin that was opened last. */
  #opened = -1;
  #failed = false;

  /**
   * Begins a text.
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
    this.#opened = -1;
    this.#failed = false;
    this.#text = undefined;
  }

  /** @returns Whether all of the text was read. */
  end(): boolean {
    this.#text = undefined;
    return !this.#failed && this.#at === this.#end;
  }

  /** Begins an object. @returns Negative when there is none. */
  open(): number {
    if (this.#failed || this.#buffer[this.#at] !== OPEN_OBJECT) {
      this.#failed = true;
      return -1;
    }
    this.#opened = ++this.#at;
    return 0;
  }

  /** @param i Which of the properties must come next. */
  key(properties: Properties, i: number): this {
    if (!this.has(properties, i)) this.#failed = true;
    return this;
  }

  /** @returns Whether a property comes next; if so, what comes after that is its value. */
  has({ json }: Properties, i: number): boolean {
    const key = json[i]!;
    let at = this.#at;
    if (at !== this.#opened && this.#buffer[at++] !== COMMA) return false;
    if (!isAt(this.#view, this.#size, at, key)) return false;
    this.#at = at + key.length;
    return true;
  }

  /** Ends an object. @param _outer What {@link open} returned. */
  close(_outer: number): void {
    this.#skip(CLOSE_OBJECT);
  }

  /** Notes that the functions were not made for what was read. */
  fail(): void {
    this.#failed = true;
  }

  /** What stands for an object that is none. */
  none(): never {
    return undefined as never;
  }

  /** @param item Reads one of the array's items. */
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

  /** Reads a number in any of its forms but with an exponent, which is a surprise. */
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
    // An exponent is left unread, where nothing but a comma or a bracket can be.
    this.#at = at;
    if (digits > EXACT_DIGITS) return Number(this.#slice(start, at, 0)) as T;
    // Both are exact, and a quotient is rounded as reading the decimal is.
    value /= scale;
    return (isNegative ? -value : value) as T;
  }

  /** Reads `true` or `false`. */
  boolean<T extends boolean | undefined>(): T {
    const isTrue = this.#buffer[this.#at] === TRUE[0];
    this.#word(isTrue ? TRUE : FALSE);
    return isTrue as T;
  }

  /** @returns Whether null comes next; if so, it is read. */
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

  /** @param all All of the bytes in one, to tell whether they are ASCII. */
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
   * @param start Where its text begins.
   * @param first The first backslash.
   * @param before All of the bytes before it in one.
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

/** What stands behind a backslash for what, but for those that are numbers. */
const ESCAPED: ReadonlyMap<number, string> = new Map(
  ['\\"', "\\\\", "\\/", "\\b", "\\f", "\\n", "\\r", "\\t"].map((text) => [
    text.charCodeAt(1),
    JSON.parse(`"${text}"`),
  ]),
);
/** What a byte is worth as a digit of a hexadecimal number; NaN for those that are none. */
const HEX: Float64Array = Float64Array.from({ length: 256 }, (_, byte) =>
  /^[\da-f]$/i.test(String.fromCharCode(byte))
    ? Number.parseInt(String.fromCharCode(byte), 16)
    : Number.NaN,
);
const TRUE: readonly number[] = [0x74, 0x72, 0x75, 0x65];
const FALSE: readonly number[] = [0x66, 0x61, 0x6c, 0x73, 0x65];
const NULL: readonly number[] = [0x6e, 0x75, 0x6c, 0x6c];
