import { exactJsonSerializer } from "../serialization/exact-json.js";
import { jsonSerializer } from "../serialization/json.js";
import { rawSerializer } from "../serialization/raw.js";
import type { NatsSerializer } from "../serialization/serializer.js";
import { textSerializer } from "../serialization/text.js";
import type { Correlation } from "./correlation.js";
import type { HeadersCodec, NoHeaders } from "./headers.js";

/** Codec of a message's payload and headers. */
export interface Message<T, H = NoHeaders> extends NatsSerializer<T> {
  /** Codec of its headers, if it has typed headers. */
  readonly headerCodec?: HeadersCodec<H>;
  /** Place of its correlation id, if it has one. */
  readonly correlation?: Correlation;
  /** The underlying serializer: a channel reads messages that share it once. */
  readonly serializer?: NatsSerializer;
  /**
   * Checks a payload that {@link serializer} has read, and converts its dates, if the message is
   * validated or has dates.
   */
  readonly accept?: (value: unknown) => unknown;
  /** `true` if it has no payload, so that a call passes none. */
  readonly isEmpty?: boolean | undefined;
}

/** Header with the name of a message whose payload does not identify it. */
export const MESSAGE_HEADER = "Alternats-Message";

/**
 * Creates a message from a serializer.
 *
 * ```ts
 * import { msgpackSerializer } from "alternats/msgpack";
 *
 * const shot = serialized<Shot>(msgpackSerializer);
 * ```
 *
 * @param serializer Serializer of the payload.
 * @param headerCodec Codec of the headers.
 */
export function serialized<T, H = NoHeaders>(
  serializer: NatsSerializer<T> | NatsSerializer,
  headerCodec?: HeadersCodec<H>,
): Message<T, H> {
  const of = serializer as NatsSerializer<T>;
  if (headerCodec === undefined) return of;
  return { ...over(of), headerCodec };
}

/** Creates a message with a JSON payload (RFC 8259): the plain value, without a wrapper. */
export function json<T, H = NoHeaders>(headerCodec?: HeadersCodec<H>): Message<T, H> {
  return serialized<T, H>(jsonSerializer, headerCodec);
}

/** Creates a message with a JSON payload whose integers beyond 2^53 are bigints, unless they are converted. */
export function exactJson<T, H = NoHeaders>(headerCodec?: HeadersCodec<H>): Message<T, H> {
  return serialized<T, H>(exactJsonSerializer, headerCodec);
}

/** Creates a message whose payload is UTF-8 text. */
export function text<H = NoHeaders>(headerCodec?: HeadersCodec<H>): Message<string, H> {
  return serialized<string, H>(textSerializer, headerCodec);
}

/** Creates a message whose payload is bytes. */
export function bytes<H = NoHeaders>(headerCodec?: HeadersCodec<H>): Message<Uint8Array, H> {
  return serialized<Uint8Array, H>(rawSerializer, headerCodec);
}

/** A message without a payload. The payload of other senders is ignored. */
export const none: Message<undefined> = {
  isEmpty: true,
  serialize() {},
  deserialize() {
    return undefined;
  },
};

/** @returns The serializer that reads a message. */
export function underlying(message: Message<unknown, unknown>): NatsSerializer {
  return message.serializer ?? message;
}

/** @returns A message's parts without its headers, to create another message. */
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
