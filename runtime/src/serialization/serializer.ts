import type { NatsHeaders, NatsHeadersInit } from "../protocol/headers.js";

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
   * @throws MaxPayloadError, PendingLimitError when there is no room to be had.
   */
  reserve(size: number): number;

  /** @param size Bytes that were really written since {@link reserve}. */
  advance(size: number): void;

  /** @param value One byte, 0 to 255. */
  byte(value: number): void;

  /** @param value Bytes, copied. */
  bytes(value: Uint8Array): void;

  /** @param value Text, written as UTF-8. */
  utf8(value: string): void;
}

/**
 * Turns values into payloads and back.
 *
 * ```ts
 * const uint32: NatsSerializer<number> = {
 *   serialize(value, writer) {
 *     const at = writer.reserve(4);
 *     new DataView(writer.buffer.buffer, writer.buffer.byteOffset).setUint32(at, value);
 *     writer.advance(4);
 *   },
 *   deserialize(buffer, start) {
 *     return new DataView(buffer.buffer, buffer.byteOffset).getUint32(start);
 *   },
 * };
 * ```
 */
export interface NatsSerializer<T = unknown> {
  /**
   * Writes one payload. When it throws, the buffer is put back as it was and nothing is sent.
   *
   * @param value The value to send.
   * @param writer The socket's buffer.
   */
  serialize(value: T, writer: NatsWriter): void;

  /**
   * Reads one payload.
   *
   * @param buffer Borrowed: it is overwritten after the call. Copy what is to be kept.
   * @param start The payload's first byte.
   * @param end One past the payload's last byte.
   * @param headers The message's headers, where it has any.
   */
  deserialize(buffer: Uint8Array, start: number, end: number, headers?: NatsHeaders): T;

  /**
   * Headers that go with a value, where the receiver needs them to read it.
   *
   * @param value The value to send.
   */
  headers?(value: T): NatsHeadersInit | undefined;
}
