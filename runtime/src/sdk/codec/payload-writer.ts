import type { NatsWriter } from "../../buffers/nats-writer.js";

/** Bytes that are asked for at a time: more would be refused by a buffer that is nearly full. */
const WINDOW = 256;

/**
 * What compiled codecs of all formats write with: straight into the socket's buffer, window by window.
 *
 * A value that its codec was not made for is refused instead of written, whereupon the library writes
 * the whole of it.
 *
 * Hot: used for every property, so its fields are plain.
 */
export class PayloadWriter {
  /** The memory to write into. */
  protected buffer: Uint8Array = new Uint8Array(0);
  /** The same memory. */
  protected view: DataView = new DataView(this.buffer.buffer);
  /** Where the next byte goes. */
  protected at = 0;
  /** Whether a value came by that the codec was not made for. */
  protected refused = false;
  #writer: NatsWriter | undefined;
  /** One past the bytes that may be written. */
  #limit = 0;
  /** Where the bytes begin that the socket's buffer does not know of. */
  #start = 0;
  /** The payload's length before anything was written. */
  #before = 0;

  /** @param writer The socket's buffer. */
  begin(writer: NatsWriter): void {
    this.#writer = writer;
    this.#before = writer.length;
    this.refused = false;
    this.#open(writer, WINDOW);
  }

  /** @returns Whether the payload is written; false when the value was refused. */
  end(): boolean {
    if (this.refused) return false;
    this.#writer!.advance(this.at - this.#start);
    return true;
  }

  /** Takes back what was written, and lets go of the socket's buffer. */
  undo(): void {
    const writer = this.#writer!;
    writer.advance(this.#before - writer.length);
  }

  /** Notes that the codec was not made for the value. */
  refuse(): void {
    this.refused = true;
  }

  /** Makes room for bytes that will be written at {@link at}. */
  protected room(size: number): void {
    if (this.at + size > this.#limit) this.#move(size);
  }

  /**
   * Writes text by the platform's own function.
   *
   * @returns Bytes, which {@link at} may be put back by.
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
   * Writes a character beyond ASCII, for which there must be {@link room}: three bytes for each of its
   * UTF-16 units.
   *
   * @param i Where it begins.
   * @returns Its UTF-16 units; 0 for half a character, which is not written.
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
 * Looks at an object as the libraries do, who write its own enumerable properties and no others.
 *
 * @param value The object.
 * @param names At most 31 properties that a codec writes, in the order in which objects mostly have them.
 * @returns A bit for each of these that the object has, the first one lowest; -1 when it is not a plain
 *   object or has others.
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
