const PRIME1 = 0x9e3779b1;
const PRIME2 = 0x85ebca77;
const PRIME3 = 0xc2b2ae3d;
const PRIME4 = 0x27d4eb2f;
const PRIME5 = 0x165667b1;

/**
 * xxHash32 with seed 0 over the UTF-16LE bytes of a text, as AlterNats hashes keys.
 *
 * @returns An unsigned 32-bit number.
 * @see https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md
 */
export function xxHash32(text: string): number {
  const bytes = new DataView(new ArrayBuffer(2 * text.length));
  for (let i = 0; i < text.length; i++) bytes.setUint16(2 * i, text.charCodeAt(i), true);
  const length = bytes.byteLength;
  let at = 0;
  let hash = PRIME5;
  if (length >= 16) {
    const lanes = [PRIME1 + PRIME2, PRIME2, 0, -PRIME1];
    for (; at + 16 <= length; at += 16) {
      for (const [i, lane] of lanes.entries()) {
        const mixed = (lane + Math.imul(bytes.getUint32(at + 4 * i, true), PRIME2)) | 0;
        lanes[i] = Math.imul(rotateLeft(mixed, 13), PRIME1);
      }
    }
    const [a, b, c, d] = lanes as [number, number, number, number];
    hash = rotateLeft(a, 1) + rotateLeft(b, 7) + rotateLeft(c, 12) + rotateLeft(d, 18);
  }
  hash = (hash + length) | 0;
  for (; at + 4 <= length; at += 4) {
    hash = (hash + Math.imul(bytes.getUint32(at, true), PRIME3)) | 0;
    hash = Math.imul(rotateLeft(hash, 17), PRIME4);
  }
  for (; at < length; at++) {
    hash = (hash + Math.imul(bytes.getUint8(at), PRIME5)) | 0;
    hash = Math.imul(rotateLeft(hash, 11), PRIME1);
  }
  hash = Math.imul(hash ^ (hash >>> 15), PRIME2);
  hash = Math.imul(hash ^ (hash >>> 13), PRIME3);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function rotateLeft(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}
