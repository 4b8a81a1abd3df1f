import type {
  NatsCommand,
  RequestOptions as NatsRequestOptions,
  Subscription,
} from "../commands/nats-command.js";
import { callOf, failedCall } from "../waiting/call.js";
import { argument, type FilterArguments, type SendArguments } from "./arguments.js";
import type { NoHeaders } from "./headers.js";
import { listening, respond, type SubscribeOptions } from "./listen.js";
import { type Location, type MessagePlace, parseLocation } from "./location.js";
import { type Message, none } from "./message.js";
import { Part } from "./only.js";
import { type Handler, messageReader } from "./received.js";
import {
  type Exchange,
  exchangeOf,
  type Many,
  type Replies,
  type ReplySource,
  type RequestManyOptions,
} from "./replies.js";
import { replyAt, requestAt } from "./reply-place.js";
import { correlating, type SendOptions, sending } from "./send.js";
import type { Filter, Key, Subject } from "./subject.js";

/** Settings of a procedure besides its subject and messages. */
export interface ProcedureOptions {
  /** The queue group of the responders, so that one of them replies. */
  readonly queue?: string;
  /**
   * Place in a request that contains the subject of its reply, besides NATS' own reply subject, for
   * example `$message.header#/replyTo`. Requests are sent with it, and a responder replies there if a
   * request has no other reply subject.
   */
  readonly replyAt?: Location;
}

/** Options of a request. */
export interface RequestOptions {
  /** Milliseconds until the request rejects; the connection's `requestTimeout` by default. */
  readonly timeout?: number;
  /** Cancels the request; it rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Options of a request with the reply `R`. */
type OptionsFor<R> = [R] extends [Many<unknown>] ? RequestManyOptions : RequestOptions;

/** Result of a request with the reply `R`. */
export type Answers<R> = [R] extends [Many<infer E>] ? Replies<E> : Promise<R>;

/** Result of a handler with the reply `R`. */
export type Answer<R> = [R] extends [Many<infer E>] ? ReplySource<E> : R;

/**
 * A subject, the message of a request, and the message of its reply. Calls leave out `params` if
 * the subject has no parameters, and `message` if the request has no payload.
 *
 * ```ts
 * const kick: Procedure<RoomParams, Kick, Kicked> = procedure(subject("game.{room}.kick"), json(), json());
 * await kick.respond(nats, {}, ({ player }) => ({ player, at: Date.now() }));
 * const { at } = await kick.request(nats, { room: "eu-1" }, { player: "7" });
 * ```
 *
 * With {@link many}, a request has several replies:
 *
 * ```ts
 * const log: Procedure<RoomParams, Since, Many<Line>> = procedure(subject("game.{room}.log"), json(), many(json()));
 * await log.respond(nats, {}, async function* ({ since }) {
 *   for await (const line of linesSince(since)) yield line;
 * });
 * for await (const line of log.request(nats, { room: "eu-1" }, { since: 0 })) console.log(line);
 * ```
 */
export interface Procedure<P, Q, R, H = NoHeaders> {
  /** Subject of its requests. */
  readonly subject: Subject<P>;
  /** Codec of its requests. */
  readonly ask: Message<Q, H>;
  /** Codec of its replies. */
  readonly answer: Message<R>;
  /** The queue group of the responders, so that one of them replies. */
  readonly queue: string | undefined;
  /** Place in a request that contains the subject of its reply, if it has one. */
  readonly replyAt: Location | undefined;

  /**
   * Publishes a request and waits for the reply.
   *
   * @param args `params`: the parameters of the subject, or a key of the subject. `message`: the
   * payload. `options`: the timeout, the headers and so on.
   * @returns For one reply: resolves as NatsCommand.request does; also rejects with
   * InvalidParameterError or ForeignKeyError. For several replies: an iterator. The request is sent
   * during the call, not at the first step. The loop throws the errors of NatsCommand.requestMany
   * and, without `onError`, ServiceError and DeserializeError.
   * @throws InvalidParameterError, ForeignKeyError if there are several replies.
   */
  request(nats: NatsCommand, ...args: SendArguments<P, Q, H, OptionsFor<R>>): Answers<R>;

  /**
   * Responds to requests.
   *
   * @param args `params`: the parameters to subscribe by; a parameter that is left out matches
   * every value. `handler`: called for each request. It returns the reply, or a promise of it; for
   * several replies, a list or a generator, after whose last reply an empty message is sent. If it
   * throws, the requester gets a ServiceError, and the error handler gets the error. `options`.
   * @returns Resolves when the server has registered the subscription.
   */
  respond(
    nats: NatsCommand,
    ...args: [
      ...params: FilterArguments<P>,
      handler: Handler<P, Q, H, Answer<R>>,
      options?: SubscribeOptions | undefined,
    ]
  ): Promise<Subscription>;
}

/**
 * Creates a procedure.
 *
 * @param subject The subject of its requests.
 * @param ask The codec of its requests.
 * @param answer The codec of its replies.
 */
export function procedure<P, Q, R, H = NoHeaders>(
  subject: Subject<P>,
  ask: Message<Q, H>,
  answer: Message<R>,
  options?: ProcedureOptions,
): Procedure<P, Q, R, H> {
  const made: object = new TypedProcedure(subject, ask, answer, options ?? {});
  return made as Procedure<P, Q, R, H>;
}

class TypedProcedure<P, Q, R, H> {
  readonly subject: Subject<P>;
  readonly ask: Message<Q, H>;
  readonly answer: Message<R>;
  readonly queue: string | undefined;
  readonly replyAt: Location | undefined;
  readonly #replyPlace: MessagePlace | undefined;
  readonly #request: NatsRequestOptions<Q, R>;
  readonly #exchange: Exchange | undefined;

  constructor(
    subject: Subject<P>,
    ask: Message<Q, H>,
    answer: Message<R>,
    { queue, replyAt }: ProcedureOptions,
  ) {
    this.subject = subject;
    this.ask = ask;
    this.answer = answer;
    this.queue = queue;
    this.replyAt = replyAt;
    this.#replyPlace = replyAt && parseLocation(replyAt);
    this.#request = { serializer: ask, replySerializer: answer };
    this.#exchange = exchangeOf(answer);
  }

  request(nats: NatsCommand, first: unknown, second?: unknown, third?: unknown): unknown {
    const { subject, ask } = this;
    const { isEmpty } = ask;
    const payload = (isEmpty ? undefined : argument(this.subject.arity, first, second)) as Q;
    const position = isEmpty ? this.subject.arity : this.subject.arity + 1;
    const given = argument(position, first, second, third) as SendOptions | undefined;
    if (this.#exchange !== undefined) {
      const key = subject.address(first as P | Key<P>);
      return this.#exchange.request(nats, key, ask as Message<unknown, unknown>, payload, given);
    }
    try {
      const [message, options] = correlating(ask, payload, given);
      const sent = sending(this.#request, ask.headerCodec, options);
      const key = subject.address(first as P | Key<P>);
      const place = this.#replyPlace;
      if (place === undefined) return nats.request(key, message, sent);
      return callOf(() => requestAt(nats, key, message, sent, this.answer, place), nats);
    } catch (error) {
      return failedCall(error, nats);
    }
  }

  respond(
    nats: NatsCommand,
    first: unknown,
    second?: unknown,
    third?: unknown,
  ): Promise<Subscription> {
    return callOf(async () => {
      const handler = argument(this.subject.arity, first, second) as Handler<P, Q, H, R>;
      const given = argument(this.subject.arity + 1, first, second, third);
      const options = listening(given as SubscribeOptions | undefined, this.queue);
      const ask = this.ask instanceof Part ? (this.ask.requests as Message<Q, H>) : this.ask;
      const reader = messageReader(this.subject.select(first as Filter<P>), ask);
      const exchange = this.#exchange;
      const place = this.#replyPlace;
      if (exchange === undefined) {
        const placed: typeof handler =
          place === undefined
            ? handler
            : (message, received) =>
                replyAt(nats, received.source, place, this.answer, message, () =>
                  handler(message, received),
                );
        return respond(nats, reader, this.answer, placed, options);
      }
      const each: Handler<P, Q, H, undefined> = async (message, received) =>
        exchange.answer(received, await handler(message, received));
      return respond(nats, reader, none, each, options);
    }, nats);
  }
}
