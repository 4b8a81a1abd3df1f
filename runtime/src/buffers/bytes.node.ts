/** Byte arrays in Node.js: a `Buffer` is a `Uint8Array` with fast text functions. `#bytes` stands for this file. */

/** @param size Bytes. @returns Memory with undefined content. */
export function allocate(size: number): Uint8Array {
  return Buffer.allocUnsafeSlow(size);
}

/** @returns The same memory, as the platform's own libraries take it fastest. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** @returns The text's UTF-8 bytes. */
export function encodeUtf8(text: string): Uint8Array {
  return Buffer.from(text, "utf8");
}

/** @returns How many bytes the text has as UTF-8. */
export function utf8Length(text: string): number {
  return Buffer.byteLength(text, "utf8");
}

/**
 * Writes text as UTF-8.
 *
 * @param target Where to; fastest with memory of {@link allocate}.
 * @param text The text.
 * @param at Where its first byte goes.
 * @param size Bytes that there is room for.
 * @returns Bytes that were written.
 */
export function writeUtf8(target: Uint8Array, text: string, at: number, size: number): number {
  return asBuffer(target).write(text, at, size, "utf8");
}

/** @returns The text between two positions, read as UTF-8. */
export function decodeUtf8(buffer: Uint8Array, start: number, end: number): string {
  return asBuffer(buffer).toString("utf8", start, end);
}

/** @returns The text between two positions, one character a byte. */
export function decodeLatin1(buffer: Uint8Array, start: number, end: number): string {
  return asBuffer(buffer).toString("latin1", start, end);
}
