import type {
  NatsCommand,
  RequestOptions as NatsRequestOptions,
  Subscription,
} from "../commands/nats-command.js";
import { callOf, failedCall } from "../waiting/call.js";
import { argument, type FilterArguments, type SendArguments } from "./arguments.js";
import type { NoHeaders } from "./headers.js";
import { listening, respond, type SubscribeOptions } from "./listen.js";
import { type Message, none } from "./message.js";
import { type Handler, messageReader } from "./received.js";
import {
  type Exchange,
  exchangeOf,
  type Many,
  type Replies,
  type ReplySource,
  type RequestManyOptions,
} from "./replies.js";
import { correlating, type SendOptions, sending } from "./send.js";
import type { Filter, Key, Subject } from "./subject.js";

/** Settings of a procedure besides its subject and messages. */
export interface ProcedureOptions {
  /** The queue group that responders join, so that one of them answers. */
  readonly queue?: string;
}

/** How to request. */
export interface RequestOptions {
  /** Milliseconds until the request rejects; the connection's `requestTimeout` by default. */
  readonly timeout?: number;
  /** Gives the request up when aborted; it rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Options of a request that is answered with `R`. */
type OptionsFor<R> = [R] extends [Many<unknown>] ? RequestManyOptions : RequestOptions;

/** Result of a request that is answered with `R`. */
export type Answers<R> = [R] extends [Many<infer E>] ? Replies<E> : Promise<R>;

/** Result of a handler that answers with `R`. */
export type Answer<R> = [R] extends [Many<infer E>] ? ReplySource<E> : R;

/**
 * A subject, the message that asks on it, and the message that answers. Calls leave out `params` where the subject
 * has no parameters, and `message` where the request has no payload.
 *
 * ```ts
 * const kick: Procedure<RoomParams, Kick, Kicked> = procedure(subject("game.{room}.kick"), json(), json());
 * await kick.respond(nats, {}, ({ player }) => ({ player, at: Date.now() }));
 * const { at } = await kick.request(nats, { room: "eu-1" }, { player: "7" });
 * ```
 *
 * With {@link many}, a request has several answers:
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
  /** Codec of its answers. */
  readonly answer: Message<R>;
  /** The queue group that responders join, so that one of them answers. */
  readonly queue: string | undefined;

  /**
   * Publishes a request and waits for the answer.
   *
   * @param args `params`: the parameters of the subject, or a key that the subject made of them. `message`: the
   *   payload. `options`: the timeout, the headers and so on.
   * @returns One answer: settles as NatsCommand.request does; rejects also with InvalidParameterError,
   *   ForeignKeyError. Several answers: an iterator. The request is sent at the call, not at the first step; the loop
   *   throws as that of NatsCommand.requestMany does and, without `onError`, ServiceError and DeserializeError.
   * @throws InvalidParameterError, ForeignKeyError where there are several answers.
   */
  request(nats: NatsCommand, ...args: SendArguments<P, Q, H, OptionsFor<R>>): Answers<R>;

  /**
   * Answers requests.
   *
   * @param args `params`: the parameters to listen by, of which one that is left out stands for every value.
   *   `handler`: called for each request. It returns the answer, or a promise of it; where there are several, a list
   *   of them or a generator, and an empty message follows the last. When it throws, the requester gets a
   *   ServiceError, and the error handler gets the error. `options`.
   * @returns Settles when the server knows of the subscription.
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
 * Makes a procedure.
 *
 * @param subject The subject of its requests.
 * @param ask The codec of its requests.
 * @param answer The codec of its answers.
 */
export function procedure<P, Q, R, H = NoHeaders>(
  subject: Subject<P>,
  ask: Message<Q, H>,
  answer: Message<R>,
  options?: ProcedureOptions,
): Procedure<P, Q, R, H> {
  const made: object = new TypedProcedure(subject, ask, answer, options?.queue);
  return made as Procedure<P, Q, R, H>;
}

class TypedProcedure<P, Q, R, H> {
  readonly subject: Subject<P>;
  readonly ask: Message<Q, H>;
  readonly answer: Message<R>;
  readonly queue: string | undefined;
  readonly #request: NatsRequestOptions<Q, R>;
  readonly #exchange: Exchange | undefined;

  constructor(
    subject: Subject<P>,
    ask: Message<Q, H>,
    answer: Message<R>,
    queue: string | undefined,
  ) {
    this.subject = subject;
    this.ask = ask;
    this.answer = answer;
    this.queue = queue;
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
      return nats.request(subject.address(first as P | Key<P>), message, sent);
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
      const reader = messageReader(this.subject.select(first as Filter<P>), this.ask);
      const exchange = this.#exchange;
      if (exchange === undefined) return respond(nats, reader, this.answer, handler, options);
      const each: Handler<P, Q, H, undefined> = async (message, received) =>
        exchange.answer(received, await handler(message, received));
      return respond(nats, reader, none, each, options);
    }, nats);
  }
}
