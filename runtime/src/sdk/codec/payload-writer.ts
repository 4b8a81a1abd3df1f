import type { NatsWriter } from "../../buffers/nats-writer.js";

/** Bytes that are reserved at a time: a buffer that is nearly full would refuse more. */
const WINDOW = 256;

/**
 * Writer of compiled codecs in all formats. It writes directly into the socket's buffer, in
 * windows.
 *
 * If the codec does not support a value, it is marked as refused, and the library writes all of it.
 *
 * Hot: used for every property, so its fields are plain.
 */
export class PayloadWriter {
  /** The memory of the buffer. */
  protected buffer: Uint8Array = new Uint8Array(0);
  /** The same memory. */
  protected view: DataView = new DataView(this.buffer.buffer);
  /** Position of the next byte. */
  protected at = 0;
  /** `true` after a value that the codec does not support. */
  protected refused = false;
  #writer: NatsWriter | undefined;
  /** One past the last byte that may be written. */
  #limit = 0;
  /** Start of the bytes that the socket's buffer does not know yet. */
  #start = 0;
  /** Length of the payload before the first byte. */
  #before = 0;

  /** @param writer The socket's buffer. */
  begin(writer: NatsWriter): void {
    this.#writer = writer;
    this.#before = writer.length;
    this.refused = false;
    this.#open(writer, WINDOW);
  }

  /** @returns `true` if the payload is complete; `false` if a value was refused. */
  end(): boolean {
    if (this.refused) return false;
    this.#writer!.advance(this.at - this.#start);
    return true;
  }

  /** Removes the written bytes, and releases the socket's buffer. */
  undo(): void {
    const writer = this.#writer!;
    writer.advance(this.#before - writer.length);
  }

  /** Marks the value as unsupported. */
  refuse(): void {
    this.refused = true;
  }

  /** Reserves space for bytes at {@link at}. */
  protected room(size: number): void {
    if (this.at + size > this.#limit) this.#move(size);
  }

  /**
   * Writes text with the platform's own function.
   *
   * @returns Number of bytes, by which {@link at} may be moved back.
   */
  protected utf8(text: string): number {
    const writer = this.#writer!;
    writer.advance(this.at - this.#start);
    const before = writer.length;
    writer.utf8(text);
    this.#open(writer, WINDOW);
    return writer.length - before;
  }

  /**
   * Writes a non-ASCII character into reserved {@link room}: three bytes for each of its UTF-16
   * units.
   *
   * @param i Position of the character.
   * @returns Number of its UTF-16 units; 0 for half of a surrogate pair, which is not written.
   */
  protected wide(text: string, i: number): number {
    const point = text.codePointAt(i)!;
    const { buffer } = this;
    let { at } = this;
    if (point < 0x800) buffer[at++] = 0xc0 | (point >> 6);
    else {
      if (point < 0x10000) {
        if ((point & 0xf800) === 0xd800) return 0;
        buffer[at++] = 0xe0 | (point >> 12);
      } else {
        buffer[at++] = 0xf0 | (point >> 18);
        buffer[at++] = 0x80 | ((point >> 12) & 0x3f);
      }
      buffer[at++] = 0x80 | ((point >> 6) & 0x3f);
    }
    buffer[at++] = 0x80 | (point & 0x3f);
    this.at = at;
    return point < 0x10000 ? 1 : 2;
  }

  #move(size: number): void {
    const writer = this.#writer!;
    writer.advance(this.at - this.#start);
    this.#open(writer, Math.max(size, WINDOW));
  }

  #open(writer: NatsWriter, size: number): void {
    this.at = writer.reserve(size);
    this.#start = this.at;
    this.#limit = this.at + size;
    const { buffer } = writer;
    if (buffer === this.buffer) return;
    this.buffer = buffer;
    this.view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  }
}

/**
 * Checks an object as the libraries do, which write only its own enumerable properties.
 *
 * @param value The object.
 * @param names At most 31 properties that a codec writes, in their most frequent order.
 * @returns A bit for each of these properties that the object has, the first one lowest; -1 if it
 * is not a plain object or has others.
 */
export function ownProperties(value: object, names: readonly string[]): number {
  if (typeof value !== "object" || value === null) return -1;
  if (Object.getPrototypeOf(value) !== Object.prototype) return -1;
  const { length } = names;
  let own = 0;
  let next = 0;
  for (const name in value) {
    while (next < length && names[next] !== name) next++;
    if (next === length) return ownInAnyOrder(value, names);
    own |= 1 << next++;
  }
  return own;
}

function ownInAnyOrder(value: object, names: readonly string[]): number {
  let own = 0;
  for (const name in value) {
    const i = names.indexOf(name);
    if (i < 0) return -1;
    own |= 1 << i;
  }
  return own;
}
