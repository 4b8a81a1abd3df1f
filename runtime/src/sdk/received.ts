import type { NatsMessage, SubscribeOptions } from "../commands/nats-command.js";
import { FOREIGN, type NatsSerializer } from "../serialization/serializer.js";
import type { Correlation } from "./correlation.js";
import type { HeadersCodec, NoHeaders } from "./headers.js";
import type { Message } from "./message.js";
import type { Selection } from "./subject.js";

/**
 * A message that was received, safe to keep. Parameters, subject and correlation id are read when they are asked
 * for, so that a copy by `{ ...received }` has none of them: take what is wanted by its name.
 */
export interface Received<P, T, H = NoHeaders> {
  /** The payload. */
  readonly message: T;
  /** The parameters of the subject that it came on. */
  readonly params: Required<P>;
  /** The headers that the document gives it. */
  readonly headers: H;
  /** The subject that it came on. */
  readonly subject: string;
  /** The correlation id, where the document says where it stands and the message has one. */
  readonly correlationId: string | undefined;
  /** What the engine delivered: the reply subject and all headers are there. */
  readonly source: NatsMessage<unknown>;
}

/**
 * Takes messages, or answers them.
 *
 * @param message The payload.
 * @param received All of the message.
 * @returns The answer, or a promise of it. Who takes messages may return anything: only a promise is looked at,
 *   since what it rejects with goes to the error handler.
 */
export type Handler<P, T, H = NoHeaders, R = unknown> = (
  message: T,
  received: Received<P, T, H>,
) => R | Promise<R>;

/** What is read of a message when somebody asks for it. */
export interface LazyFields<P> {
  /** The parameters of a subject. */
  readonly read: (subject: string) => Required<P>;
  readonly correlation: Correlation | undefined;
}

/** The parameters are read when they are asked for: most handlers of a busy channel never do. */
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

/** A payload with its typed headers. Read together, so that both fail as what cannot be read fails. */
interface Headed {
  readonly message: unknown;
  readonly headers: unknown;
}

/** Typed headers of a message without any. */
export const NO_HEADERS = Object.freeze({});

/** Subscribes to a selection of a channel's messages and makes {@link Received} of what the engine delivers. */
export interface MessageReader<P, T, H> {
  /** Subject to subscribe to. */
  readonly subject: string;
  /** How the engine reads the payloads, and which subjects it passes over. */
  readonly options: Pick<SubscribeOptions, "serializer" | "accepts">;
  /** @param source The message as the engine delivered it. */
  receive(source: NatsMessage<unknown>): Received<P, T, H>;
}

/** Makes a reader of the messages of a selection. */
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
