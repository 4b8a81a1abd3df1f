import { ownProperties, PayloadWriter } from "./payload-writer.js";

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

/** Up to this length a loop over char codes beats one native call. */
const SHORT_TEXT_LENGTH = 64;

/** Writes JSON as `JSON.stringify` does, properties in the order of the schema. */
export class JsonWriter extends PayloadWriter {
  /**
   * Begins an object.
   *
   * @param names The properties that the codec writes.
   * @param required A bit for each of them that may not be missing, the first one lowest.
   * @returns A bit for each of them that is there; -1 when the object is refused.
   */
  object(value: object, names: readonly string[], required: number): number {
    const own = ownProperties(value, names);
    if (own < 0 || (own & required) !== required || hasToJson(value)) {
      this.refuse();
      return -1;
    }
    this.room(1);
    this.buffer[this.at++] = OPEN_OBJECT;
    return own;
  }

  /** @param name The name of the property whose value comes next, each character a byte of UTF-8. */
  key(name: string): this {
    const { length } = name;
    this.room(length + 4);
    const { buffer } = this;
    let { at } = this;
    // Nothing but an object's beginning ends in its bracket.
    if (buffer[at - 1] !== OPEN_OBJECT) buffer[at++] = COMMA;
    buffer[at++] = QUOTE;
    for (let i = 0; i < length; i++) buffer[at++] = name.charCodeAt(i);
    buffer[at++] = QUOTE;
    buffer[at++] = COLON;
    this.at = at;
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

  string(value: string): void {
    if (typeof value !== "string") {
      this.refuse();
      return;
    }
    const { length } = value;
    if (length > SHORT_TEXT_LENGTH) {
      this.utf8(JSON.stringify(value));
      return;
    }
    this.room(2 * length + 2);
    const { buffer } = this;
    let { at } = this;
    buffer[at++] = QUOTE;
    for (let i = 0; i < length; i++) {
      const code = value.charCodeAt(i);
      if (code < 0x20 || code > 0x7f) {
        this.utf8(JSON.stringify(value));
        return;
      }
      if (code === QUOTE || code === BACKSLASH) buffer[at++] = BACKSLASH;
      buffer[at++] = code;
    }
    buffer[at++] = QUOTE;
    this.at = at;
  }

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
      // A quotient is rounded to the number nearest to the decimal, which is what reading the decimal
      // gives; and up to 15 digits no two decimals are the same number.
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

  boolean(value: boolean): void {
    if (typeof value === "boolean") this.#ascii(value ? "true" : "false");
    else this.refuse();
  }

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

  #ascii(text: string): void {
    const { length } = text;
    this.room(length);
    const { buffer, at } = this;
    for (let i = 0; i < length; i++) buffer[at + i] = text.charCodeAt(i);
    this.at = at + length;
  }

  /** @param size The decimal without its point and sign. @param scale What it is to be divided by. */
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
