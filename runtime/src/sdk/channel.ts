import type { NatsCommand, PublishOptions, Subscription } from "../commands/nats-command.js";
import type { NatsKey } from "../protocol/nats-key.js";
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
import { type Handler, Reception } from "./received.js";
import { type Send, type SendOptions, sending } from "./send.js";
import {
  type Filter,
  type Key,
  keyPlace,
  NO_PARAMS,
  type NoParams,
  type Place,
  type Subject,
} from "./subject.js";

/** What the document says of a channel besides its subject and message. */
export interface ChannelOptions {
  /** The queue group that subscriptions join. */
  readonly queue?: string;
}

/**
 * A subject with parameters, and the message that travels on it.
 *
 * ```ts
 * const chat: Channel<RoomParams, Chat> = channel(subject("game.{room}.chat"), json());
 * await chat.publish(nats, { room: "eu-1" }, { text: "hello" });
 * ```
 */
export interface Channel<P, T, H = NoHeaders> {
  /** Where its messages travel. */
  readonly subject: Subject<P>;
  /** How they are written and read. */
  readonly message: Message<T, H>;

  /**
   * Publishes a message.
   *
   * @param params The parameters of the subject, or a key that the subject made of them.
   * @param message The payload.
   * @param options The headers.
   * @returns Settles as NatsCommand.publish does; rejects also with InvalidParameterError,
   *   ForeignKeyError.
   */
  publish(nats: NatsCommand, params: P | Key<P>, message: T, ...options: Send<H>): Promise<void>;

  /**
   * Publishes a message and tells nobody how it went on from the buffer.
   *
   * @throws what {@link publish} rejects with, as far as it is known at the call.
   */
  post(nats: NatsCommand, params: P | Key<P>, message: T, ...options: Send<H>): void;

  /**
   * Listens.
   *
   * @param params The parameters to listen by; one that is left out stands for every value.
   * @param handler Called for each message, in order. A promise that it returns is not awaited.
   */
  subscribe(
    nats: NatsCommand,
    params: Filter<P>,
    handler: Handler<P, T, H>,
    options?: SubscribeOptions,
  ): Promise<Subscription>;

  /**
   * Iterates over messages. Subscribed at the call, not at the first step.
   *
   * @param params The parameters to listen by; one that is left out stands for every value.
   */
  messages(nats: NatsCommand, params: Filter<P>, options?: MessagesOptions): Messages<P, T, H>;
}

/** A {@link Channel} whose subject has no parameters. */
export interface FixedChannel<T, H = NoHeaders> {
  /** Where its messages travel. */
  readonly key: NatsKey;
  /** How they are written and read. */
  readonly message: Message<T, H>;

  /** @see Channel.publish */
  publish(nats: NatsCommand, message: T, ...options: Send<H>): Promise<void>;

  /** @see Channel.post */
  post(nats: NatsCommand, message: T, ...options: Send<H>): void;

  /** @see Channel.subscribe */
  subscribe(
    nats: NatsCommand,
    handler: Handler<NoParams, T, H>,
    options?: SubscribeOptions,
  ): Promise<Subscription>;

  /** @see Channel.messages */
  messages(nats: NatsCommand, options?: MessagesOptions): Messages<NoParams, T, H>;
}

/**
 * Makes a channel.
 *
 * @param subject Where its messages travel.
 * @param message How they are written and read.
 */
export function channel<P, T, H = NoHeaders>(
  subject: Subject<P>,
  message: Message<T, H>,
  options?: ChannelOptions,
): Channel<P, T, H> {
  return new TypedChannel(subject, message, options?.queue);
}

/**
 * Makes a channel whose subject has no parameters.
 *
 * @param key Where its messages travel.
 * @param message How they are written and read.
 */
export function fixedChannel<T, H = NoHeaders>(
  key: NatsKey,
  message: Message<T, H>,
  options?: ChannelOptions,
): FixedChannel<T, H> {
  const made = new TypedChannel<NoParams, T, H, Place<NoParams>>(
    keyPlace(key),
    message,
    options?.queue,
  );
  const sender: PublishOptions<T> = { serializer: message };
  return {
    key,
    message,
    // Hot: a look for the key by way of the channel would cost as much as all the rest here.
    publish(nats, value, sent?: SendOptions) {
      try {
        return nats.publish(key, value, sending(sender, message.headerCodec, sent));
      } catch (error) {
        return Promise.reject(error);
      }
    },
    post(nats, value, sent?: SendOptions) {
      nats.post(key, value, sending(sender, message.headerCodec, sent));
    },
    subscribe: (nats, handler, how) => made.subscribe(nats, NO_PARAMS, handler, how),
    messages: (nats, how) => made.messages(nats, NO_PARAMS, how),
  };
}

class TypedChannel<P, T, H, S extends Place<P>> {
  readonly subject: S;
  readonly message: Message<T, H>;
  readonly #publish: PublishOptions<T>;
  readonly #queue: string | undefined;

  constructor(subject: S, message: Message<T, H>, queue: string | undefined) {
    this.subject = subject;
    this.message = message;
    this.#publish = { serializer: message };
    this.#queue = queue;
  }

  publish(nats: NatsCommand, params: P | Key<P>, message: T, options?: SendOptions): Promise<void> {
    try {
      const sent = sending(this.#publish, this.message.headerCodec, options);
      return nats.publish(this.subject.address(params), message, sent);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  post(nats: NatsCommand, params: P | Key<P>, message: T, options?: SendOptions): void {
    const sent = sending(this.#publish, this.message.headerCodec, options);
    nats.post(this.subject.address(params), message, sent);
  }

  async subscribe(
    nats: NatsCommand,
    params: Filter<P>,
    handler: Handler<P, T, H>,
    options?: SubscribeOptions,
  ): Promise<Subscription> {
    const reception = new Reception(this.subject.select(params), this.message);
    return subscribe(nats, reception, handler, listening(options, this.#queue));
  }

  messages(nats: NatsCommand, params: Filter<P>, options?: MessagesOptions): Messages<P, T, H> {
    const reception = new Reception(this.subject.select(params), this.message);
    return iterate(nats, reception, listening(options, this.#queue));
  }
}
