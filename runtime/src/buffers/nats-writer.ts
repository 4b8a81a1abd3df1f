/**
 * A serializer's destination: the buffer that goes to the socket, without intermediate copies.
 *
 * Either use {@link byte}, {@link bytes} and {@link utf8}, which reserve space themselves, or
 * reserve space and write into {@link buffer} directly:
 *
 * ```ts
 * const at = writer.reserve(4);
 * writer.buffer[at] = 1; // … up to four bytes
 * writer.advance(4);
 * ```
 */
export interface NatsWriter {
  /**
   * The bytes of the current chunk. {@link reserve} may replace it: read the property again
   * afterwards.
   */
  readonly buffer: Uint8Array;

  /** Position of the next byte. Changes when {@link reserve} replaces the buffer. */
  readonly position: number;

  /**
   * Number of bytes of this payload written so far. Unlike {@link position}, it stays valid when
   * the buffer is replaced.
   */
  readonly length: number;

  /**
   * Reserves space.
   *
   * @param size Maximum number of bytes that will be written.
   * @returns The position in {@link buffer} of the first of them.
   * @throws PendingLimitError if `maxPendingBytes` are pending.
   */
  reserve(size: number): number;

  /**
   * Marks reserved bytes as written.
   *
   * @param size Number of bytes written since {@link reserve}; negative to remove bytes of this
   * payload.
   * @throws RangeError for more than was reserved, or for removing more than was written of this
   * payload.
   */
  advance(size: number): void;

  /** @param value One byte, 0 to 255. */
  byte(value: number): void;

  /**
   * @param value Bytes, copied. @throws TypeError if it is not a byte array. PendingLimitError as
   * {@link reserve}.
   */
  bytes(value: Uint8Array): void;

  /** @param value Text, written as UTF-8. */
  utf8(value: string): void;
}
