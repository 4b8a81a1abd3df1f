import type { NatsMessage, SubscribeOptions } from "../commands/nats-command.js";
import { FOREIGN, type NatsSerializer } from "../serialization/serializer.js";
import type { Correlation } from "./correlation.js";
import type { HeadersCodec, NoHeaders } from "./headers.js";
import type { Message } from "./message.js";
import type { Selection } from "./subject.js";

/**
 * A received message that may be kept. Parameters, subject and correlation id are read on access,
 * so a copy by `{ ...received }` does not contain them: access each by its name.
 */
export interface Received<P, T, H = NoHeaders> {
  /** The payload. */
  readonly message: T;
  /** The parameters of its subject. */
  readonly params: Required<P>;
  /** The headers that the document describes. */
  readonly headers: H;
  /** Its subject. */
  readonly subject: string;
  /** The correlation id, if the document defines its place and the message has one. */
  readonly correlationId: string | undefined;
  /** The message of the engine, with the reply subject and all headers. */
  readonly source: NatsMessage<unknown>;
}

/**
 * Handles messages, or responds to requests.
 *
 * @param message The payload.
 * @param received The whole message.
 * @returns The reply, or a promise of it. A handler of messages may return anything: only promises
 * matter, because their rejections go to the error handler.
 */
export type Handler<P, T, H = NoHeaders, R = unknown> = (
  message: T,
  received: Received<P, T, H>,
) => R | Promise<R>;

/** Readers of the values that are read on access. */
export interface LazyFields<P> {
  /** The parameters of a subject. */
  readonly read: (subject: string) => Required<P>;
  readonly correlation: Correlation | undefined;
}

/**
 * A message whose parameters are read on access: most handlers of a busy channel never need them.
 */
export class LazyReceived<P, T, H> implements Received<P, T, H> {
  readonly message: T;
  readonly headers: H;
  readonly source: NatsMessage<unknown>;
  readonly #reading: LazyFields<P>;
  #params: Required<P> | undefined;

  constructor(message: T, headers: H, source: NatsMessage<unknown>, reading: LazyFields<P>) {
    this.message = message;
    this.headers = headers;
    this.source = source;
    this.#reading = reading;
  }

  get subject(): string {
    return this.source.subject;
  }

  get params(): Required<P> {
    this.#params ??= this.#reading.read(this.source.subject);
    return this.#params;
  }

  get correlationId(): string | undefined {
    return this.#reading.correlation?.read(this.message, this.source.headers);
  }
}

/**
 * A payload with its typed headers. They are read together, so that an unreadable header has the
 * effect of an unreadable payload.
 */
interface Headed {
  readonly message: unknown;
  readonly headers: unknown;
}

/** Typed headers of a message without any. */
export const NO_HEADERS = Object.freeze({});

/**
 * Subscribes to a selection of a channel's messages, and converts the engine's messages to {@link
 * Received}.
 */
export interface MessageReader<P, T, H> {
  /** Subject to subscribe to. */
  readonly subject: string;
  /** The engine's serializer for the payloads, and the filter of subjects. */
  readonly options: Pick<SubscribeOptions, "serializer" | "accepts">;
  /** @param source The message of the engine. */
  receive(source: NatsMessage<unknown>): Received<P, T, H>;
}

/** Creates a reader for the messages of a selection. */
export function messageReader<P, T, H>(
  { subject, accepts, read }: Selection<P>,
  message: Message<T, H>,
): MessageReader<P, T, H> {
  const lazy = { read, correlation: message.correlation };
  const codec = message as Message<unknown, unknown>;
  const { headerCodec } = codec;
  return {
    subject,
    options: {
      serializer: headerCodec === undefined ? codec : headed(codec, headerCodec),
      ...(accepts && { accepts }),
    },
    receive(source) {
      if (headerCodec === undefined)
        return new LazyReceived(source.value as T, NO_HEADERS as H, source, lazy);
      const { message, headers } = source.value as Headed;
      return new LazyReceived(message as T, headers as H, source, lazy);
    },
  };
}

function headed(
  message: Message<unknown, unknown>,
  headerCodec: HeadersCodec<unknown>,
): NatsSerializer {
  return {
    serialize: (value, writer) => message.serialize(value, writer),
    deserialize(buffer, start, end, headers): Headed | typeof FOREIGN {
      const payload = message.deserialize(buffer, start, end, headers);
      if (payload === FOREIGN) return FOREIGN;
      return { message: payload, headers: headerCodec.read(headers) };
    },
  };
}
