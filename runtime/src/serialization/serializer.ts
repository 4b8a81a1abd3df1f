import { shown } from "../arguments.js";
import type { NatsWriter } from "../buffers/nats-writer.js";
import { InvalidArgumentError } from "../errors.js";
import type { NatsHeaders, NatsHeadersInit } from "../protocol/headers.js";

/**
 * Result of {@link NatsSerializer.deserialize} for a payload that another subscription of a shared
 * subject handles: the subscription skips the message.
 */
export const FOREIGN: unique symbol = Symbol("alternats FOREIGN");

/** Description of a serializer in error messages. */
export const SERIALIZER = "an object with serialize and deserialize";

/**
 * @param name The option's name.
 * @throws InvalidArgumentError if its value is not a serializer.
 */
export function checkSerializer(name: string, value: unknown): void {
  if (isSerializer(value)) return;
  throw new InvalidArgumentError(`"${name}" must be ${SERIALIZER}, not ${shown(value)}.`);
}

/** @returns `true` if a value can be used as a serializer. */
export function isSerializer(value: unknown): value is NatsSerializer {
  if (typeof value !== "object" || value === null) return false;
  const { serialize, deserialize, headers } = value as Partial<NatsSerializer>;
  return (
    typeof serialize === "function" &&
    typeof deserialize === "function" &&
    (headers === undefined || typeof headers === "function")
  );
}

/** @returns The serializer of a value; none for bytes, which are sent as they are, and for an empty payload. */
export function serializerFor(
  value: unknown,
  serializer: NatsSerializer,
): NatsSerializer | undefined {
  return value === undefined || value instanceof Uint8Array ? undefined : serializer;
}

/**
 * Converts values to payloads and back.
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
   * Writes one payload. If it throws, the buffer is restored and nothing is sent.
   *
   * @param value The value to send.
   * @param writer The socket's buffer.
   */
  serialize(value: T, writer: NatsWriter): void;

  /**
   * Reads one payload.
   *
   * @param buffer Borrowed: it is overwritten after the call. Copy bytes that you keep.
   * @param start The payload's first byte.
   * @param end One past the payload's last byte.
   * @param headers The message's headers, if it has any.
   * @returns The value, or {@link FOREIGN}. Errors that it throws become a DeserializeError.
   */
  deserialize(buffer: Uint8Array, start: number, end: number, headers?: NatsHeaders): T;

  /**
   * Creates headers for a value, if the receiver needs them to read it.
   *
   * @param value The value to send.
   * @returns The headers, which override those of the call; `undefined` for none.
   */
  headers?(value: T): NatsHeadersInit | undefined;
}
