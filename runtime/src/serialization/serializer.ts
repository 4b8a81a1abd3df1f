import { shown } from "../arguments.js";
import type { NatsWriter } from "../buffers/nats-writer.js";
import { InvalidArgumentError } from "../errors.js";
import type { NatsHeaders, NatsHeadersInit } from "../protocol/headers.js";

/**
 * What {@link NatsSerializer.deserialize} returns for a payload that is somebody else's on a shared subject:
 * the subscription passes over the message, as if it had not arrived.
 */
export const FOREIGN: unique symbol = Symbol("alternats FOREIGN");

/** What a serializer is, in words for people. */
export const SERIALIZER = "an object with serialize and deserialize";

/**
 * @param name The option's name.
 * @throws InvalidArgumentError when its value is no serializer.
 */
export function checkSerializer(name: string, value: unknown): void {
  if (isSerializer(value)) return;
  throw new InvalidArgumentError(`"${name}" is ${SERIALIZER}, not ${shown(value)}.`);
}

/** @returns Whether a value can be used as a serializer. */
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
   * @returns The value, or {@link FOREIGN}. What it throws becomes a DeserializeError.
   */
  deserialize(buffer: Uint8Array, start: number, end: number, headers?: NatsHeaders): T;

  /**
   * Headers that go with a value, where the receiver needs them to read it.
   *
   * @param value The value to send.
   * @returns The headers, which win over those of the call; `undefined` for none.
   */
  headers?(value: T): NatsHeadersInit | undefined;
}
