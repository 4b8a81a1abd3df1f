/**
 * Byte arrays in Node.js: a `Buffer` is a `Uint8Array` with fast text functions. `#bytes` resolves
 * to this file.
 */

/**
 * Internal functions that `write` and `toString` of a `Buffer` call after they have checked the
 * encoding. For a short text, that check takes as long as the work itself. Node.js does not
 * document these functions; msgpackr calls them as well. `this` may be any `Uint8Array`.
 */
interface TextFunctions {
  utf8Write(this: Uint8Array, text: string, at: number, size: number): number;
  utf8Slice(this: Uint8Array, start: number, end: number): string;
  latin1Slice(this: Uint8Array, start: number, end: number): string;
}

const { utf8Write, utf8Slice, latin1Slice } = Buffer.prototype as unknown as TextFunctions;

/** @param size Number of bytes. @returns Memory with undefined content. */
export function allocate(size: number): Uint8Array {
  return Buffer.allocUnsafeSlow(size);
}

/** @returns The same memory in the form that is fastest for the platform's own libraries. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** @returns The text's UTF-8 bytes. */
export function encodeUtf8(text: string): Uint8Array {
  return Buffer.from(text, "utf8");
}

/** @returns Number of bytes of the text in UTF-8. */
export function utf8Length(text: string): number {
  return Buffer.byteLength(text, "utf8");
}

/**
 * Writes text as UTF-8.
 *
 * @param target Destination; memory of {@link allocate} is fastest.
 * @param text The text.
 * @param at Position of the first byte.
 * @param size Number of available bytes.
 * @returns Number of bytes written.
 */
export function writeUtf8(target: Uint8Array, text: string, at: number, size: number): number {
  return utf8Write.call(target, text, at, size);
}

/** @returns The text between two positions, decoded as UTF-8. */
export function decodeUtf8(buffer: Uint8Array, start: number, end: number): string {
  return utf8Slice.call(buffer, start, end);
}

/** @returns The text between two positions, one character per byte. */
export function decodeLatin1(buffer: Uint8Array, start: number, end: number): string {
  return latin1Slice.call(buffer, start, end);
}
