import type {
  NatsCommand,
  RequestOptions as NatsRequestOptions,
  Subscription,
} from "../commands/nats-command.js";
import type { NatsKey } from "../protocol/nats-key.js";
import type { ChannelOptions } from "./channel.js";
import type { NoHeaders } from "./headers.js";
import { listening, respond, type SubscribeOptions } from "./listen.js";
import type { Message } from "./message.js";
import { type Handler, Reception } from "./received.js";
import { correlating, type Send, type SendOptions, sending } from "./send.js";
import {
  type Filter,
  type Key,
  keyPlace,
  NO_PARAMS,
  type NoParams,
  type Place,
  type Subject,
} from "./subject.js";

/** How to request. */
export interface RequestOptions {
  /** Milliseconds until the request rejects; the connection's `requestTimeout` by default. */
  readonly timeout?: number;
  /** Gives the request up when aborted; it rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * A subject with parameters, the message that asks on it, and the one that answers.
 *
 * ```ts
 * const kick: Procedure<RoomParams, Kick, Kicked> = procedure(subject("game.{room}.kick"), json(), json());
 * await kick.respond(nats, {}, ({ player }) => ({ player, at: Date.now() }));
 * const { at } = await kick.request(nats, { room: "eu-1" }, { player: "7" });
 * ```
 */
export interface Procedure<P, Q, R, H = NoHeaders> {
  /** Where its requests travel. */
  readonly subject: Subject<P>;
  /** What asks. */
  readonly ask: Message<Q, H>;
  /** What answers. */
  readonly answer: Message<R>;
  /** The queue group that responders join, so that one of them answers. */
  readonly queue: string | undefined;

  /**
   * Asks and waits for the answer.
   *
   * @param params The parameters of the subject, or a key that the subject made of them.
   * @param message The payload.
   * @returns Settles as NatsCommand.request does; rejects also with InvalidParameterError,
   *   ForeignKeyError.
   */
  request(
    nats: NatsCommand,
    params: P | Key<P>,
    message: Q,
    ...options: Send<H, RequestOptions>
  ): Promise<R>;

  /**
   * Answers requests.
   *
   * @param params The parameters to listen by; one that is left out stands for every value.
   * @param handler What it returns, or resolves with, is the answer. When it throws, the requester gets a
   *   ServiceError, and the error handler gets the error.
   */
  respond(
    nats: NatsCommand,
    params: Filter<P>,
    handler: Handler<P, Q, H, R>,
    options?: SubscribeOptions,
  ): Promise<Subscription>;
}

/** A {@link Procedure} whose subject has no parameters. */
export interface FixedProcedure<Q, R, H = NoHeaders> {
  /** Where its requests travel. */
  readonly key: NatsKey;
  /** @see Procedure.ask */
  readonly ask: Message<Q, H>;
  /** @see Procedure.answer */
  readonly answer: Message<R>;
  /** @see Procedure.queue */
  readonly queue: string | undefined;

  /** @see Procedure.request */
  request(nats: NatsCommand, message: Q, ...options: Send<H, RequestOptions>): Promise<R>;

  /** @see Procedure.respond */
  respond(
    nats: NatsCommand,
    handler: Handler<NoParams, Q, H, R>,
    options?: SubscribeOptions,
  ): Promise<Subscription>;
}

/**
 * Makes a procedure.
 *
 * @param subject Where its requests travel.
 * @param ask How requests are written and read.
 * @param answer How answers are written and read.
 */
export function procedure<P, Q, R, H = NoHeaders>(
  subject: Subject<P>,
  ask: Message<Q, H>,
  answer: Message<R>,
  options?: ChannelOptions,
): Procedure<P, Q, R, H> {
  return new TypedProcedure(subject, ask, answer, options?.queue);
}

/**
 * Makes a procedure whose subject has no parameters.
 *
 * @param key Where its requests travel.
 * @param ask How requests are written and read.
 * @param answer How answers are written and read.
 */
export function fixedProcedure<Q, R, H = NoHeaders>(
  key: NatsKey,
  ask: Message<Q, H>,
  answer: Message<R>,
  options?: ChannelOptions,
): FixedProcedure<Q, R, H> {
  const queue = options?.queue;
  const made = new TypedProcedure<NoParams, Q, R, H, Place<NoParams>>(
    keyPlace(key),
    ask,
    answer,
    queue,
  );
  return {
    key,
    ask,
    answer,
    queue,
    request: (nats, message, sent?: SendOptions) => made.request(nats, NO_PARAMS, message, sent),
    respond: (nats, handler, how) => made.respond(nats, NO_PARAMS, handler, how),
  };
}

/** What every procedure is made of, however often it is answered. */
export class ProcedureParts<P, Q, R, H, S extends Place<P>> {
  readonly subject: S;
  readonly ask: Message<Q, H>;
  readonly answer: Message<R>;
  readonly queue: string | undefined;

  constructor(subject: S, ask: Message<Q, H>, answer: Message<R>, queue: string | undefined) {
    this.subject = subject;
    this.ask = ask;
    this.answer = answer;
    this.queue = queue;
  }
}

class TypedProcedure<P, Q, R, H, S extends Place<P>> extends ProcedureParts<P, Q, R, H, S> {
  readonly #request: NatsRequestOptions<Q, R>;

  constructor(subject: S, ask: Message<Q, H>, answer: Message<R>, queue: string | undefined) {
    super(subject, ask, answer, queue);
    this.#request = { serializer: ask, replySerializer: answer };
  }

  request(nats: NatsCommand, params: P | Key<P>, message: Q, options?: SendOptions): Promise<R> {
    try {
      const [value, given] = correlating(this.ask, message, options);
      const sent = sending(this.#request, this.ask.headerCodec, given);
      return nats.request(this.subject.address(params), value, sent);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  async respond(
    nats: NatsCommand,
    params: Filter<P>,
    handler: Handler<P, Q, H, R>,
    options?: SubscribeOptions,
  ): Promise<Subscription> {
    const reception = new Reception(this.subject.select(params), this.ask);
    return respond(nats, reception, this.answer, handler, listening(options, this.queue));
  }
}
