import { jsonSerializer } from "../serialization/json.js";
import { rawSerializer } from "../serialization/raw.js";
import type { NatsSerializer } from "../serialization/serializer.js";
import { textSerializer } from "../serialization/text.js";
import type { Correlation } from "./correlation.js";
import type { HeadersCodec, NoHeaders } from "./headers.js";

/** How a message's payload and headers are written and read. */
export interface Message<T, H = NoHeaders> extends NatsSerializer<T> {
  /** How its headers are written and read, where the document gives it some. */
  readonly headerCodec?: HeadersCodec<H>;
  /** Where its correlation id stands, where the document says so. */
  readonly correlation?: Correlation;
  /** The serializer under the message: messages of one channel that share it are read once. */
  readonly serializer?: NatsSerializer;
  /**
   * Takes a payload that was read by {@link serializer}: refuses it where messages are validated, and makes dates of
   * texts where that is wanted.
   */
  readonly accept?: (value: unknown) => unknown;
  /** Whether it has no payload: a sender then gives none. */
  readonly isEmpty?: boolean | undefined;
}

/** The header that names a message where its payload does not tell which one it is. */
export const MESSAGE_HEADER = "Alternats-Message";

/**
 * Makes a message of a serializer.
 *
 * ```ts
 * import { msgpackSerializer } from "alternats/msgpack";
 *
 * const shot = serialized<Shot>(msgpackSerializer);
 * ```
 *
 * @param serializer Writes and reads the payload.
 * @param headerCodec Writes and reads the headers.
 */
export function serialized<T, H = NoHeaders>(
  serializer: NatsSerializer<T> | NatsSerializer,
  headerCodec?: HeadersCodec<H>,
): Message<T, H> {
  const of = serializer as NatsSerializer<T>;
  if (headerCodec === undefined) return of;
  return { ...over(of), headerCodec };
}

/** A message whose payload is JSON (RFC 8259): the plain value, nothing around it. */
export function json<T, H = NoHeaders>(headerCodec?: HeadersCodec<H>): Message<T, H> {
  return serialized<T, H>(jsonSerializer, headerCodec);
}

/** A message whose payload is text, as UTF-8. */
export function text<H = NoHeaders>(headerCodec?: HeadersCodec<H>): Message<string, H> {
  return serialized<string, H>(textSerializer, headerCodec);
}

/** A message whose payload is bytes. */
export function bytes<H = NoHeaders>(headerCodec?: HeadersCodec<H>): Message<Uint8Array, H> {
  return serialized<Uint8Array, H>(rawSerializer, headerCodec);
}

/** A message without a payload. What another sender puts there is not looked at. */
export const none: Message<undefined> = {
  isEmpty: true,
  serialize() {},
  deserialize() {
    return undefined;
  },
};

/** @returns The serializer that a message is read by. */
export function underlying(message: Message<unknown, unknown>): NatsSerializer {
  return message.serializer ?? message;
}

/** @returns A message's parts without its headers, to make another of. */
export function over<T, H>(message: Message<T, H>): Omit<Message<T, H>, "headerCodec"> {
  return {
    ...(message.accept && { accept: message.accept }),
    isEmpty: message.isEmpty,
    ...(message.correlation && { correlation: message.correlation }),
    ...(message.headers && { headers: (value: T) => message.headers?.(value) }),
    serializer: underlying(message as Message<unknown, unknown>),
    serialize: (value, writer) => message.serialize(value, writer),
    deserialize: (buffer, start, end, headers) => message.deserialize(buffer, start, end, headers),
  };
}
