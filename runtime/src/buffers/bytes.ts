/** What the engine asks of the platform's byte arrays; every buffer that it allocates itself comes from here. */
export {
  allocate,
  asBuffer,
  decodeLatin1,
  decodeUtf8,
  encodeUtf8,
  utf8Length,
  writeUtf8,
} from "#bytes";

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
