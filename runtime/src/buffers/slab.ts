import { allocate } from "./bytes.js";

const SLAB_SIZE = 64 * 1024;
const LARGEST_SHARED = SLAB_SIZE / 4;

let slab = allocate(0);
let used = 0;

/**
 * Copies bytes out of memory that will be overwritten. Small copies share slabs of 64 KiB, at about
 * a sixth of the cost of an allocation each. A kept copy keeps its slab in memory.
 *
 * @param buffer The borrowed memory.
 * @param start The first byte.
 * @param end One past the last byte.
 * @returns Bytes that belong to the caller.
 */
export function copyOut(buffer: Uint8Array, start: number, end: number): Uint8Array {
  const length = end - start;
  if (length > LARGEST_SHARED) return new Uint8Array(buffer.subarray(start, end));
  const at = copyIn(buffer, start, length);
  return new Uint8Array(slab.buffer, slab.byteOffset + at, length);
}

/**
 * Variant of {@link copyOut} whose result has the platform's text functions, as the socket's bytes
 * do.
 */
export function copyOutBuffer(
  buffer: Uint8Array,
  start: number,
  end: number,
): ReturnType<typeof allocate> {
  const length = end - start;
  if (length > LARGEST_SHARED) {
    const copy = allocate(length);
    copy.set(buffer.subarray(start, end));
    return copy;
  }
  const at = copyIn(buffer, start, length);
  return slab.subarray(at, at + length);
}

/** @returns Position of the copy in the slab. */
function copyIn(buffer: Uint8Array, start: number, length: number): number {
  if (used + length > slab.length) {
    slab = allocate(SLAB_SIZE);
    used = 0;
  }
  const at = used;
  used += length;
  if (length <= 16) for (let i = 0; i < length; i++) slab[at + i] = buffer[start + i]!;
  else slab.set(buffer.subarray(start, start + length), at);
  return at;
}
