import { INTEGER } from "./integers.js";
import { ownProperties, PayloadWriter } from "./payload-writer.js";
import { isIllFormed, oddBytes } from "./plain-text.js";
import type { Properties } from "./properties.js";

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** Length up to which a loop over char codes is faster than one native call. */
const SHORT_TEXT_LENGTH = 64;

/** Escapes of ASCII characters; empty for those that need none. */
const ESCAPES: readonly string[] = Array.from({ length: 0x80 }, (_, code) => {
  const text = JSON.stringify(String.fromCharCode(code)).slice(1, -1);
  return text.length === 1 ? "" : text;
});

/** Writes JSON as `JSON.stringify` does, with properties in the order of the schema. */
export class JsonWriter extends PayloadWriter {
  /**
   * Starts an object.
   *
   * @param names The properties that the codec writes.
   * @param required A bit for each required property, the first one lowest.
   * @returns A bit for each existing property; -1 if the object is unsupported.
   */
  object(value: object, { names }: Properties, required: number): number {
    const own = ownProperties(value, names);
    if (own < 0 || (own & required) !== required || hasToJson(value)) {
      this.refuse();
      return -1;
    }
    this.room(1);
    this.buffer[this.at++] = OPEN_OBJECT;
    return own;
  }

  /** @param i Index of the property whose value comes next. */
  key({ json }: Properties, i: number): this {
    const { words, length } = json[i]!;
    this.room(length + 4);
    const { view } = this;
    let { at } = this;
    // Only the start of an object ends in its bracket.
    if (this.buffer[at - 1] !== OPEN_OBJECT) this.buffer[at++] = COMMA;
    for (let i = 0, to = at; i < words.length; i++, to += 4) view.setInt32(to, words[i]!);
    this.at = at + length;
    return this;
  }

  /** Ends an object. */
  close(): void {
    this.room(1);
    this.buffer[this.at++] = CLOSE_OBJECT;
  }

  /**
   * Writes an array.
   *
   * @param item Writes one of its items.
   */
  array<T>(values: readonly T[], item: (value: T, to: this) => void): void {
    if (!Array.isArray(values) || hasToJson(values)) {
      this.refuse();
      return;
    }
    this.room(1);
    this.buffer[this.at++] = OPEN_ARRAY;
    for (let i = 0; i < values.length && !this.refused; i++) {
      if (i > 0) {
        this.room(1);
        this.buffer[this.at++] = COMMA;
      }
      item(values[i]!, this);
    }
    this.room(1);
    this.buffer[this.at++] = CLOSE_ARRAY;
  }

  /** Writes a string with the necessary escapes. Other values are unsupported. */
  string(value: string): void {
    if (typeof value !== "string") {
      this.refuse();
      return;
    }
    const { length } = value;
    if (length > SHORT_TEXT_LENGTH) {
      this.#longText(value);
      return;
    }
    this.room(length + 2);
    const { buffer, view } = this;
    let { at } = this;
    let i = 0;
    buffer[at++] = QUOTE;
    for (; i + 4 <= length; i += 4, at += 4) {
      const a = value.charCodeAt(i);
      const b = value.charCodeAt(i + 1);
      const c = value.charCodeAt(i + 2);
      const d = value.charCodeAt(i + 3);
      const word = (a << 24) | (b << 16) | (c << 8) | d;
      if ((a | b | c | d) > 0x7f || oddBytes(word) !== 0) break;
      view.setInt32(at, word);
    }
    for (; i < length; i++) {
      const code = value.charCodeAt(i);
      if (code > 0x7f || ESCAPES[code] !== "") break;
      buffer[at++] = code;
    }
    this.at = at;
    if (i < length) this.#oddText(value, i);
    this.buffer[this.at++] = QUOTE;
  }

  /** Writes a number; one that is not finite as `null`. Other values are unsupported. */
  number(value: number): void {
    if (typeof value !== "number") {
      this.refuse();
      return;
    }
    this.room(32);
    if ((value | 0) === value) {
      if (value < 0) this.buffer[this.at++] = MINUS;
      this.#digits(value < 0 ? -value : value);
      return;
    }
    const size = value < 0 ? -value : value;
    if (size < 1e9) {
      // The quotient is rounded to the number nearest to the decimal, as when the decimal is read;
      // and up to 15 digits, different decimals are different numbers.
      const thousandths = Math.round(size * 1e3);
      if (thousandths / 1e3 === size) {
        this.#decimal(value < 0, thousandths, 1e3);
        return;
      }
      const millionths = Math.round(size * 1e6);
      if (millionths / 1e6 === size) {
        this.#decimal(value < 0, millionths, 1e6);
        return;
      }
    } else if (size < 1e15 && Number.isInteger(size)) {
      if (value < 0) this.buffer[this.at++] = MINUS;
      const millions = Math.floor(size / 1e6);
      this.#digits(millions);
      this.#padded(size - millions * 1e6, 6);
      return;
    }
    this.#ascii(size < Number.POSITIVE_INFINITY ? String(value) : "null");
  }

  /** Writes a bigint with all of its digits. Other values are unsupported. */
  bigInt(value: bigint): void {
    if (typeof value === "bigint") this.#ascii(String(value));
    else this.refuse();
  }

  /** Writes a text that is an integer. Other values are unsupported. */
  integerText(value: string): void {
    if (typeof value === "string" && INTEGER.test(value)) this.#ascii(value);
    else this.refuse();
  }

  /** Writes `true` or `false`. Other values are unsupported. */
  boolean(value: boolean): void {
    if (typeof value === "boolean") this.#ascii(value ? "true" : "false");
    else this.refuse();
  }

  /** Writes `null`. */
  null(): void {
    this.#ascii("null");
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

  /**
   * Writes the rest of a text with escapes or non-ASCII characters, and reserves space for a quote.
   */
  #oddText(value: string, from: number): void {
    const { length } = value;
    this.room(6 * (length - from) + 1);
    const { buffer } = this;
    let { at } = this;
    let i = from;
    while (i < length) {
      const code = value.charCodeAt(i);
      const form = code < 0x80 ? ESCAPES[code]! : undefined;
      if (form === "") {
        buffer[at++] = code;
        i++;
        continue;
      }
      this.at = at;
      const units = form === undefined ? this.wide(value, i) : 0;
      if (units === 0) this.#ascii(form ?? `\\u${code.toString(16)}`);
      i += units || 1;
      at = this.at;
    }
    this.at = at;
  }

  #longText(value: string): void {
    this.room(1);
    this.buffer[this.at++] = QUOTE;
    const size = this.utf8(value);
    if (this.#hasOdd(size) || (size !== value.length && isIllFormed(value))) {
      this.at -= size + 1;
      this.utf8(JSON.stringify(value));
      return;
    }
    this.room(1);
    this.buffer[this.at++] = QUOTE;
  }

  /** @returns `true` if one of the last bytes must be escaped. */
  #hasOdd(size: number): boolean {
    const { view, at } = this;
    // The last word overlaps the previous one, so that there is no rest.
    for (let from = at - size; from < at - 4; from += 4) {
      if (oddBytes(view.getInt32(from)) !== 0) return true;
    }
    return oddBytes(view.getInt32(at - 4)) !== 0;
  }

  #ascii(text: string): void {
    const { length } = text;
    this.room(length);
    const { buffer, at } = this;
    for (let i = 0; i < length; i++) buffer[at + i] = text.charCodeAt(i);
    this.at = at + length;
  }

  /** @param size The decimal without point and sign. @param scale Its divisor. */
  #decimal(isNegative: boolean, size: number, scale: 1e3 | 1e6): void {
    const whole = Math.floor(size / scale);
    let fraction = (size - whole * scale) | 0;
    let places = scale === 1e3 ? 3 : 6;
    while (fraction % 10 === 0) {
      fraction = (fraction / 10) | 0;
      places--;
    }
    if (isNegative) this.buffer[this.at++] = MINUS;
    this.#digits(whole);
    this.buffer[this.at++] = POINT;
    this.#padded(fraction, places);
  }

  /** @param value An integer from 0 to 2 ^ 31. */
  #digits(value: number): void {
    this.#padded(value, countDigits(value));
  }

  #padded(value: number, places: number): void {
    const { buffer, at } = this;
    let rest = value >>> 0;
    for (let i = at + places - 1; i >= at; i--) {
      const next = (rest / 10) >>> 0;
      buffer[i] = ZERO + rest - next * 10;
      rest = next;
    }
    this.at = at + places;
  }
}

function countDigits(value: number): number {
  if (value < 1e5) {
    if (value < 100) return value < 10 ? 1 : 2;
    return value < 1e3 ? 3 : value < 1e4 ? 4 : 5;
  }
  if (value < 1e7) return value < 1e6 ? 6 : 7;
  return value < 1e8 ? 8 : value < 1e9 ? 9 : 10;
}

function hasToJson(value: object): boolean {
  return (value as { readonly toJSON?: unknown }).toJSON !== undefined;
}
