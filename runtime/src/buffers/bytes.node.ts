/** Byte arrays in Node.js: a `Buffer` is a `Uint8Array` with fast text functions. `#bytes` stands for this file. */

/**
 * What `write` and `toString` of a `Buffer` call once they know the encoding, which takes them as long as a short
 * text itself. Node.js does not document them; msgpackr calls them as well. Any `Uint8Array` may be `this`.
 */
interface TextFunctions {
  utf8Write(this: Uint8Array, text: string, at: number, size: number): number;
  utf8Slice(this: Uint8Array, start: number, end: number): string;
  latin1Slice(this: Uint8Array, start: number, end: number): string;
}

const { utf8Write, utf8Slice, latin1Slice } = Buffer.prototype as unknown as TextFunctions;

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
  return utf8Write.call(target, text, at, size);
}

/** @returns The text between two positions, read as UTF-8. */
export function decodeUtf8(buffer: Uint8Array, start: number, end: number): string {
  return utf8Slice.call(buffer, start, end);
}

/** @returns The text between two positions, one character a byte. */
export function decodeLatin1(buffer: Uint8Array, start: number, end: number): string {
  return latin1Slice.call(buffer, start, end);
}
