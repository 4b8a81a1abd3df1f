/**
 * What the engine asks of the platform's byte arrays. Node's `Buffer` is a `Uint8Array` with fast text
 * functions; every buffer that the engine itself allocates is one.
 */

/** @param size Bytes. @returns Memory with undefined content. */
export function allocate(size: number): Buffer {
  return Buffer.allocUnsafeSlow(size);
}

/** @returns The same memory, with the platform's text functions. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** @returns The text's UTF-8 bytes. */
export function encodeUtf8(text: string): Buffer {
  return Buffer.from(text, "utf8");
}

/** @returns How many bytes the text has as UTF-8. */
export function utf8Length(text: string): number {
  return Buffer.byteLength(text, "utf8");
}

/** @returns The text between two positions, read as UTF-8. */
export function decodeUtf8(buffer: Uint8Array, start: number, end: number): string {
  return asBuffer(buffer).toString("utf8", start, end);
}

/** From this length on, one native copy beats a loop over bytes. */
const NATIVE_COPY_LENGTH = 16;

/** Copies all bytes of a source. @returns Where the next byte goes. */
export function copyBytes(target: Uint8Array, at: number, source: Uint8Array): number {
  const length = source.length;
  if (length <= NATIVE_COPY_LENGTH) {
    for (let i = 0; i < length; i++) target[at + i] = source[i]!;
  } else {
    target.set(source, at);
  }
  return at + length;
}
