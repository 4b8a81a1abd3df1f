/** Byte arrays without `Buffer`. In bundles for browsers, `#bytes` resolves to this file. */

const encoder = new TextEncoder();
// A byte order mark is part of the payload.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Number of characters that one call creates; JavaScript engines limit the number of arguments. */
const CHARACTERS_AT_ONCE = 4096;

export function allocate(size: number): Uint8Array {
  return new Uint8Array(size);
}

export function asBuffer(bytes: Uint8Array): Uint8Array {
  return bytes;
}

export function encodeUtf8(text: string): Uint8Array {
  return encoder.encode(text);
}

export function utf8Length(text: string): number {
  let length = text.length;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code <= 0x7f) continue;
    length += code <= 0x7ff ? 1 : 2;
    // Two surrogates take four bytes together; one alone becomes U+FFFD, which takes three.
    if (code < 0xd800 || code > 0xdbff) continue;
    const next = text.charCodeAt(i + 1);
    if (next >= 0xdc00 && next <= 0xdfff) i++;
  }
  return length;
}

export function writeUtf8(target: Uint8Array, text: string, at: number, size: number): number {
  return encoder.encodeInto(text, target.subarray(at, at + size)).written;
}

export function decodeUtf8(buffer: Uint8Array, start: number, end: number): string {
  return decoder.decode(buffer.subarray(start, end));
}

export function decodeLatin1(buffer: Uint8Array, start: number, end: number): string {
  let text = "";
  for (let at = start; at < end; at += CHARACTERS_AT_ONCE) {
    const part = buffer.subarray(at, Math.min(end, at + CHARACTERS_AT_ONCE));
    text += String.fromCharCode(...part);
  }
  return text;
}
