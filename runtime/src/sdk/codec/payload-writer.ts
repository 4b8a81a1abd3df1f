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

  /** Writes text by the platform's own function. */
  protected utf8(text: string): void {
    const writer = this.#writer!;
    writer.advance(this.at - this.#start);
    writer.utf8(text);
    this.#open(writer, WINDOW);
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
    this.buffer = writer.buffer;
  }
}

/**
 * Whether an object is what a codec reads it as: a plain one, all of whose own enumerable properties are
 * declared, and whose other declared properties are not there by any other way.
 *
 * @param value The object.
 * @param names The declared properties, in the order in which objects mostly have them.
 * @returns How many properties it has; -1 when it is something else.
 */
export function countDeclared(value: object, names: readonly string[]): number {
  if (Object.getPrototypeOf(value) !== Object.prototype) return -1;
  const declared = names.length;
  let count = 0;
  let next = 0;
  for (const name in value) {
    while (next < declared && names[next] !== name) next++;
    // Not in the order of declaration.
    if (next === declared) return countInAnyOrder(value, names);
    next++;
    count++;
  }
  return count === declared || isAbsent(value, names) ? count : -1;
}

function countInAnyOrder(value: object, names: readonly string[]): number {
  let count = 0;
  for (const name in value) {
    if (!names.includes(name)) return -1;
    count++;
  }
  return count === names.length || isAbsent(value, names) ? count : -1;
}

/** Whether declared properties that are not own and enumerable are not there at all. */
function isAbsent(value: object, names: readonly string[]): boolean {
  const properties = value as Readonly<Record<string, unknown>>;
  for (const name of names) {
    if (properties[name] !== undefined && !isEnumerable.call(value, name)) return false;
  }
  return true;
}

const isEnumerable = Object.prototype.propertyIsEnumerable;
