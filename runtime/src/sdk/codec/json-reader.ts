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

/** Up to this length a loop over bytes beats one native call. */
const SHORT_TEXT_LENGTH = 64;

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
  /** The text, unless strings cut out of it would keep too much alive. */
  #text: string | undefined;
  /** Where the properties of the object begin that was opened last. */
  #opened = -1;
  #failed = false;

  /** @returns Whether it is worth trying: characters that are not one byte each make everything slow. */
  begin(buffer: Uint8Array, start: number, end: number): boolean {
    this.#buffer = buffer;
    this.#at = start;
    this.#start = start;
    this.#end = end;
    this.#opened = -1;
    this.#failed = false;
    this.#text = undefined;
    if (end - start > MAX_SHARED_LENGTH) return true;
    this.#text = decodeUtf8(buffer, start, end);
    // No character is more than one per byte.
    return this.#text.length === end - start;
  }

  /** @returns Whether all of the text was read. */
  end(): boolean {
    if (this.#failed || this.#at !== this.#end) return false;
    this.#text = undefined;
    return true;
  }

  /** @returns The text, to be read by the library. */
  giveUp(): string {
    const text = this.#text ?? decodeUtf8(this.#buffer, this.#start, this.#end);
    this.#text = undefined;
    return text;
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
    const near = start + SHORT_TEXT_LENGTH;
    let at = start;
    // Past the end of the memory there is no byte at all.
    while (at < near && PLAIN[buffer[at]!] === 1) at++;
    if (at === near) at = this.#endOfPlain(at);
    if (buffer[at] !== QUOTE) this.#failed = true;
    if (this.#failed) return "" as T;
    this.#at = at + 1;
    return this.#slice(start, at) as T;
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
    if (digits > EXACT_DIGITS) return Number(this.#slice(start, at)) as T;
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

  #endOfPlain(start: number): number {
    let at = start;
    if (this.#text === undefined) while (PLAIN[this.#buffer[at]!] === 1) at++;
    else {
      plainText.lastIndex = start - this.#start;
      plainText.test(this.#text);
      at = plainText.lastIndex + this.#start;
    }
    return at;
  }

  #slice(start: number, end: number): string {
    return this.#text === undefined
      ? decodeUtf8(this.#buffer, start, end)
      : this.#text.slice(start - this.#start, end - this.#start);
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

/** Bytes that stand for themselves within a string. */
const PLAIN: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) =>
  Number(byte >= 0x20 && byte !== QUOTE && byte !== BACKSLASH),
);
/** The same as a pattern, to run through long strings. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids them as they are.
const plainText = /[^"\\\u0000-\u001f]*/y;
const TRUE: readonly number[] = [0x74, 0x72, 0x75, 0x65];
const FALSE: readonly number[] = [0x66, 0x61, 0x6c, 0x73, 0x65];
const NULL: readonly number[] = [0x6e, 0x75, 0x6c, 0x6c];
