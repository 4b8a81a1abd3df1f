/** Functions on byte arrays, by platform. The engine allocates all its buffers through them. */
export {
  allocate,
  asBuffer,
  decodeLatin1,
  decodeUtf8,
  encodeUtf8,
  utf8Length,
  writeUtf8,
} from "#bytes";

/** Length from which one native copy is faster than a loop over bytes. */
const NATIVE_COPY_LENGTH = 16;

/** Copies all bytes of a source. @returns The position after them. */
export function copyBytes(target: Uint8Array, at: number, source: Uint8Array): number {
  const length = source.length;
  if (length <= NATIVE_COPY_LENGTH) {
    for (let i = 0; i < length; i++) target[at + i] = source[i]!;
  } else {
    target.set(source, at);
  }
  return at + length;
}
