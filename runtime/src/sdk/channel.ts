import type { NatsCommand, PublishOptions, Subscription } from "../commands/nats-command.js";
import { callOf, failedCall } from "../waiting/call.js";
import {
  ABSENT,
  argument,
  type FilterArguments,
  type OptionalFilterArguments,
  type SendArguments,
} from "./arguments.js";
import type { NoHeaders } from "./headers.js";
import {
  iterate,
  listening,
  type Messages,
  type MessagesOptions,
  type SubscribeOptions,
  subscribe,
} from "./listen.js";
import type { Message } from "./message.js";
import { type Handler, type MessageReader, messageReader } from "./received.js";
import { type SendOptions, sending } from "./send.js";
import type { Filter, Key, Subject } from "./subject.js";

/** Settings of a channel besides its subject and message. */
export interface ChannelOptions {
  /** The queue group that subscriptions join. */
  readonly queue?: string;
  /** Name of the stream that stores the channel, for the functions of `alternats/jetstream`. */
  readonly stream?: string;
}

/**
 * A subject and its message. Calls leave out `params` if the subject has no parameters, and
 * `message` if the message has no payload.
 *
 * ```ts
 * const chat: Channel<RoomParams, Chat> = channel(subject("game.{room}.chat"), json());
 * await chat.publish(nats, { room: "eu-1" }, { text: "hello" });
 *
 * const restarts: Channel<NoParams, string> = channel(subject("game.restarts"), text());
 * await restarts.publish(nats, "in five minutes");
 * ```
 */
export interface Channel<P, T, H = NoHeaders> {
  /** Subject of its messages. */
  readonly subject: Subject<P>;
  /** Codec of its messages. */
  readonly message: Message<T, H>;
  /** Name of the stream that stores it, if known. */
  readonly stream: string | undefined;

  /**
   * Publishes a message.
   *
   * @param args `params`: the parameters of the subject, or a key of the subject. `message`: the
   * payload. `options`: the headers.
   * @returns Resolves as NatsCommand.publish does; also rejects with InvalidParameterError or
   * ForeignKeyError.
   */
  publish(nats: NatsCommand, ...args: SendArguments<P, T, H>): Promise<void>;

  /**
   * Publishes a message without a promise for backpressure.
   *
   * @param args The arguments of {@link publish}.
   * @throws the errors of {@link publish} that are known during the call.
   */
  post(nats: NatsCommand, ...args: SendArguments<P, T, H>): void;

  /**
   * Calls a handler for each message, in order. A promise that it returns is not awaited.
   *
   * @param args `params`: the parameters to subscribe by; a parameter that is left out matches
   * every value. `handler`: called for each message. `options`.
   * @returns Resolves when the server has registered the subscription.
   */
  subscribe(
    nats: NatsCommand,
    ...args: [
      ...params: FilterArguments<P>,
      handler: Handler<P, T, H>,
      options?: SubscribeOptions | undefined,
    ]
  ): Promise<Subscription>;

  /**
   * Iterates over messages. The subscription starts during the call, not at the first step.
   *
   * @param args `params`: the parameters to subscribe by; a parameter that is left out matches
   * every value. `options`.
   */
  messages(
    nats: NatsCommand,
    ...args: [...params: OptionalFilterArguments<P>, options?: MessagesOptions | undefined]
  ): Messages<P, T, H>;
}

/**
 * Creates a channel.
 *
 * @param subject The subject of its messages.
 * @param message The codec of its messages.
 */
export function channel<P, T, H = NoHeaders>(
  subject: Subject<P>,
  message: Message<T, H>,
  options?: ChannelOptions,
): Channel<P, T, H> {
  const made: object = new TypedChannel(subject, message, options);
  return made as Channel<P, T, H>;
}

class TypedChannel<P, T, H> {
  readonly subject: Subject<P>;
  readonly message: Message<T, H>;
  readonly stream: string | undefined;
  readonly #arity: 0 | 1;
  /** Position of the payload among the arguments of a sending call; {@link ABSENT} for a message without one. */
  readonly #payload: number;
  /** Position of the options among the arguments of a sending call. */
  readonly #options: number;
  readonly #publish: PublishOptions<T>;
  readonly #queue: string | undefined;

  constructor(subject: Subject<P>, message: Message<T, H>, { queue, stream }: ChannelOptions = {}) {
    this.subject = subject;
    this.message = message;
    this.stream = stream;
    this.#arity = subject.arity;
    this.#payload = message.isEmpty ? ABSENT : subject.arity;
    this.#options = message.isEmpty ? subject.arity : subject.arity + 1;
    this.#publish = { serializer: message };
    this.#queue = queue;
  }

  publish(nats: NatsCommand, first: unknown, second?: unknown, third?: unknown): Promise<void> {
    try {
      const options = argument(this.#options, first, second, third) as SendOptions | undefined;
      return nats.publish(
        this.subject.address(first as P | Key<P>),
        argument(this.#payload, first, second) as T,
        sending(this.#publish, this.message.headerCodec, options),
      );
    } catch (error) {
      return failedCall(error, nats);
    }
  }

  post(nats: NatsCommand, first: unknown, second?: unknown, third?: unknown): void {
    const options = argument(this.#options, first, second, third) as SendOptions | undefined;
    nats.post(
      this.subject.address(first as P | Key<P>),
      argument(this.#payload, first, second) as T,
      sending(this.#publish, this.message.headerCodec, options),
    );
  }

  subscribe(
    nats: NatsCommand,
    first: unknown,
    second?: unknown,
    third?: unknown,
  ): Promise<Subscription> {
    return callOf(async () => {
      const handler = argument(this.#arity, first, second) as Handler<P, T, H>;
      const options = argument(this.#arity + 1, first, second, third) as SubscribeOptions;
      return subscribe(nats, this.#reader(first), handler, listening(options, this.#queue));
    }, nats);
  }

  messages(nats: NatsCommand, first: unknown = {}, second?: unknown): Messages<P, T, H> {
    const options = argument(this.#arity, first, second) as MessagesOptions;
    return iterate(nats, this.#reader(first), listening(options, this.#queue));
  }

  #reader(params: unknown): MessageReader<P, T, H> {
    return messageReader(this.subject.select(params as Filter<P>), this.message);
  }
}
