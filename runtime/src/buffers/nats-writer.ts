/**
 * Where a serializer writes: the buffer that goes to the socket. Nothing is built beside it.
 *
 * Either use {@link byte}, {@link bytes} and {@link utf8}, which make room themselves, or reserve room
 * and write into {@link buffer} directly:
 *
 * ```ts
 * const at = writer.reserve(4);
 * writer.buffer[at] = 1; // … up to four bytes
 * writer.advance(4);
 * ```
 */
export interface NatsWriter {
  /** The bytes of the current chunk. {@link reserve} may replace it: read it again afterwards. */
  readonly buffer: Uint8Array;

  /** Where the next byte goes. Moves when {@link reserve} replaces the buffer. */
  readonly position: number;

  /** Bytes of this payload written so far; a place noted this way survives a replaced buffer. */
  readonly length: number;

  /**
   * Makes room.
   *
   * @param size Bytes that will be written at most.
   * @returns The position in {@link buffer} where they go.
   * @throws PendingLimitError when there is no room to be had.
   */
  reserve(size: number): number;

  /**
   * @param size Bytes that were really written since {@link reserve}; negative to take back bytes of this
   *   payload.
   * @throws RangeError for more than was reserved, or more than was written of this payload.
   */
  advance(size: number): void;

  /** @param value One byte, 0 to 255. */
  byte(value: number): void;

  /** @param value Bytes, copied. @throws TypeError when they are none. PendingLimitError as {@link reserve}. */
  bytes(value: Uint8Array): void;

  /** @param value Text, written as UTF-8. */
  utf8(value: string): void;
}
