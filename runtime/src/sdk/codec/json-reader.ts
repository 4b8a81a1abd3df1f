import { decodeUtf8 } from "../../buffers/bytes.js";

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const BACKSLASH = 0x5c;
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
 * white space, no escapes. At the first surprise it fails, whereupon `JSON.parse` reads the whole text.
 * What it reads after that has no meaning, and ends soon.
 *
 * A text that ends too early is read on into what follows it; {@link end} notices.
 */
export class JsonReader {
  #buffer: Uint8Array = new Uint8Array(0);
  #at = 0;
  #start = 0;
  #end = 0;
  /** The text, where each of its characters is one byte. */
  #text: string | undefined;
  /** Where the properties of the object begin that was opened last. */
  #opened = 0;
  #failed = false;

  begin(buffer: Uint8Array, start: number, end: number): void {
    this.#buffer = buffer;
    this.#at = start;
    this.#start = start;
    this.#end = end;
    this.#failed = false;
    const text = end - start > MAX_SHARED_LENGTH ? "" : decodeUtf8(buffer, start, end);
    // No character is more than one per byte.
    this.#text = text.length === end - start ? text : undefined;
  }

  /** @returns Whether all of the text was read. */
  end(): boolean {
    this.#text = undefined;
    return !this.#failed && this.#at === this.#end;
  }

  /** Begins an object. @returns Whether there is one. */
  open(): boolean {
    if (this.#failed || this.#buffer[this.#at] !== OPEN_OBJECT) {
      this.#failed = true;
      return false;
    }
    this.#opened = ++this.#at;
    return true;
  }

  /** @param name The property that must come next, each character a byte of UTF-8. */
  key(name: string): this {
    if (!this.has(name)) this.#failed = true;
    return this;
  }

  /** @returns Whether a property comes next; if so, what comes after that is its value. */
  has(name: string): boolean {
    const buffer = this.#buffer;
    const { length } = name;
    let at = this.#at;
    if (at !== this.#opened && buffer[at++] !== COMMA) return false;
    if (buffer[at++] !== QUOTE) return false;
    for (let i = 0; i < length; i++) if (buffer[at + i] !== name.charCodeAt(i)) return false;
    at += length;
    if (buffer[at] !== QUOTE || buffer[at + 1] !== COLON) return false;
    this.#at = at + 2;
    return true;
  }

  /** Ends an object. */
  close(): void {
    this.#skip(CLOSE_OBJECT);
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

  string<T extends string>(): T {
    const buffer = this.#buffer;
    this.#skip(QUOTE);
    const start = this.#at;
    let at = start;
    for (; ; at++) {
      const byte = buffer[at]!;
      if (byte === QUOTE) break;
      // Past the end of the memory there is no byte at all.
      if (!(byte >= 0x20) || byte === BACKSLASH) {
        this.#failed = true;
        break;
      }
    }
    if (this.#failed) return "" as T;
    this.#at = at + 1;
    return (
      this.#text === undefined
        ? decodeUtf8(buffer, start, at)
        : this.#text.slice(start - this.#start, at - this.#start)
    ) as T;
  }

  number<T extends number>(): T {
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
    if (digits > EXACT_DIGITS) return Number(decodeUtf8(buffer, start, at)) as T;
    // Both are exact, and a quotient is rounded as reading the decimal is.
    value /= scale;
    return (isNegative ? -value : value) as T;
  }

  boolean<T extends boolean>(): T {
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

  null(): null {
    this.#word(NULL);
    return null;
  }

  /** @param read Reads the value if it is not null. */
  nullable<T>(read: (from: this) => T): T | null {
    return this.#isNull() ? null : read(this);
  }

  /** Reads a string, number, boolean or null. */
  scalar<T extends string | number | boolean | null>(): T {
    const byte = this.#buffer[this.#at];
    if (byte === QUOTE) return this.string<string>() as T;
    if (byte === NULL[0]) return this.null() as T;
    if (byte === TRUE[0] || byte === FALSE[0]) return this.boolean<boolean>() as T;
    return this.number<number>() as T;
  }

  /** Reads a value of which nothing is known. */
  unknown<T>(): T {
    const buffer = this.#buffer;
    const byte = buffer[this.#at];
    if (byte !== OPEN_OBJECT && byte !== OPEN_ARRAY) return this.scalar() as T;
    const start = this.#at;
    let depth = 0;
    let at = start;
    do {
      const byte = buffer[at++];
      if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) depth++;
      else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) depth--;
      else if (byte === QUOTE) {
        while (buffer[at] !== QUOTE && at < this.#end) at += buffer[at] === BACKSLASH ? 2 : 1;
        at++;
      }
    } while (depth > 0 && at < this.#end);
    this.#at = at;
    return this.#failed || depth > 0 ? this.none() : JSON.parse(decodeUtf8(buffer, start, at));
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

const TRUE: readonly number[] = [0x74, 0x72, 0x75, 0x65];
const FALSE: readonly number[] = [0x66, 0x61, 0x6c, 0x73, 0x65];
const NULL: readonly number[] = [0x6e, 0x75, 0x6c, 0x6c];
