import type {
  ErrorHandler,
  NatsCommand,
  NatsReplies,
  RequestManyOptions as NatsRequestManyOptions,
  Subscription,
} from "../commands/nats-command.js";
import type { NatsKey } from "../protocol/nats-key.js";
import { FOREIGN } from "../serialization/serializer.js";
import type { ChannelOptions } from "./channel.js";
import type { NoHeaders } from "./headers.js";
import { listening, respond, type SubscribeOptions } from "./listen.js";
import { type Message, none, over } from "./message.js";
import { ProcedureParts } from "./procedure.js";
import { type Handler, type Received, Reception } from "./received.js";
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

/** How to request several answers, and when there are no more. */
export interface RequestManyOptions
  extends Pick<
    NatsRequestManyOptions,
    "timeout" | "signal" | "max" | "stall" | "maxBuffered" | "whenFull"
  > {
  /**
   * Whether an answer with an empty payload says that there are no more, as a responder's last one does; `true`
   * by default. `false` where several responders answer, each of which has a last one: those are passed over.
   */
  readonly sentinel?: boolean;
  /**
   * Called for what a responder failed with and what could not be read; the loop goes on to the other answers.
   * Without it the loop throws that.
   */
  readonly onError?: ErrorHandler;
}

/** Answers one after the other: `for await (const answer of replies)`. Leaving the loop gives the request up. */
export interface Replies<R> extends AsyncIterableIterator<R>, AsyncDisposable {
  /** Answers lost because the buffer was full. */
  readonly dropped: number;
}

/** The answers to one request: a list of them, or what an (asynchronous) generator makes. */
export type ReplySource<R> = Iterable<R> | AsyncIterable<R>;

/**
 * A subject with parameters, the message that asks on it, and the one that answers, several times.
 *
 * ```ts
 * const log: ManyProcedure<RoomParams, Since, Line> = manyProcedure(subject("game.{room}.log"), json(), json());
 * await log.respond(nats, {}, async function* ({ since }) {
 *   for await (const line of linesSince(since)) yield line;
 * });
 * for await (const line of log.request(nats, { room: "eu-1" }, { since: 0 })) console.log(line);
 * ```
 */
export interface ManyProcedure<P, Q, R, H = NoHeaders> {
  /** Where its requests travel. */
  readonly subject: Subject<P>;
  /** What asks. */
  readonly ask: Message<Q, H>;
  /** What answers. */
  readonly answer: Message<R>;
  /** The queue group that responders join, so that one of them answers. */
  readonly queue: string | undefined;
  /** What tells it from a procedure with one answer. */
  readonly many: true;

  /**
   * Asks and takes several answers, until the responder has no more or a limit of the options is reached.
   *
   * @param params The parameters of the subject, or a key that the subject made of them.
   * @param message The payload.
   * @returns The answers. Asked at the call, not at the first step. The loop throws what NatsCommand.requestMany's
   *   does and, without `onError`, ServiceError and DeserializeError.
   * @throws InvalidParameterError, ForeignKeyError
   */
  request(
    nats: NatsCommand,
    params: P | Key<P>,
    message: Q,
    ...options: Send<H, RequestManyOptions>
  ): Replies<R>;

  /**
   * Answers requests.
   *
   * @param params The parameters to listen by; one that is left out stands for every value.
   * @param handler What it returns, or resolves with, are the answers; an empty message follows the last. When it
   *   throws, the requester gets a ServiceError, and the error handler gets the error.
   */
  respond(
    nats: NatsCommand,
    params: Filter<P>,
    handler: Handler<P, Q, H, ReplySource<R>>,
    options?: SubscribeOptions,
  ): Promise<Subscription>;
}

/** A {@link ManyProcedure} whose subject has no parameters. */
export interface FixedManyProcedure<Q, R, H = NoHeaders> {
  /** Where its requests travel. */
  readonly key: NatsKey;
  /** @see ManyProcedure.ask */
  readonly ask: Message<Q, H>;
  /** @see ManyProcedure.answer */
  readonly answer: Message<R>;
  /** @see ManyProcedure.queue */
  readonly queue: string | undefined;
  /** @see ManyProcedure.many */
  readonly many: true;

  /** @see ManyProcedure.request */
  request(nats: NatsCommand, message: Q, ...options: Send<H, RequestManyOptions>): Replies<R>;

  /** @see ManyProcedure.respond */
  respond(
    nats: NatsCommand,
    handler: Handler<NoParams, Q, H, ReplySource<R>>,
    options?: SubscribeOptions,
  ): Promise<Subscription>;
}

/**
 * Makes a procedure that is answered several times.
 *
 * @param subject Where its requests travel.
 * @param ask How requests are written and read.
 * @param answer How each answer is written and read.
 */
export function manyProcedure<P, Q, R, H = NoHeaders>(
  subject: Subject<P>,
  ask: Message<Q, H>,
  answer: Message<R>,
  options?: ChannelOptions,
): ManyProcedure<P, Q, R, H> {
  return new TypedManyProcedure(subject, ask, answer, options?.queue);
}

/**
 * Makes a procedure that is answered several times, whose subject has no parameters.
 *
 * @param key Where its requests travel.
 * @param ask How requests are written and read.
 * @param answer How each answer is written and read.
 */
export function fixedManyProcedure<Q, R, H = NoHeaders>(
  key: NatsKey,
  ask: Message<Q, H>,
  answer: Message<R>,
  options?: ChannelOptions,
): FixedManyProcedure<Q, R, H> {
  const queue = options?.queue;
  const made = new TypedManyProcedure<NoParams, Q, R, H, Place<NoParams>>(
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
    many: true,
    request: (nats, message, how?: SendOptions) => made.request(nats, NO_PARAMS, message, how),
    respond: (nats, handler, how) => made.respond(nats, NO_PARAMS, handler, how),
  };
}

/**
 * Answers a request with each of several values.
 *
 * @param received The request. Nothing is sent to who expects no answer.
 * @throws what the values' source throws
 */
export async function answerEach<R>(
  { source }: Received<unknown, unknown, unknown>,
  answer: Message<R>,
  values: ReplySource<R>,
): Promise<undefined> {
  // A string is a list of letters, which nobody means.
  if (typeof values !== "object") throw new TypeError("The handler has to give a list of answers.");
  for await (const value of values) source.respond(value, { serializer: answer });
}

class TypedManyProcedure<P, Q, R, H, S extends Place<P>> extends ProcedureParts<P, Q, R, H, S> {
  readonly many = true;

  request(
    nats: NatsCommand,
    params: P | Key<P>,
    message: Q,
    options: RequestManyOptions & SendOptions = {},
  ): Replies<R> {
    const { sentinel = true, signal, ...given } = options;
    const failed = new AbortController();
    const made: NatsRequestManyOptions<Q, R> = {
      serializer: this.ask,
      replySerializer: sentinel ? this.answer : withoutEmpty(this.answer),
      ...(sentinel && { sentinel }),
      onError: options.onError ?? ((error) => failed.abort(error)),
      signal: signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal]),
    };
    const [value, filled] = correlating(this.ask, message, given);
    const sent = sending(made, this.ask.headerCodec, filled);
    return new TypedReplies(nats.requestMany<R, Q>(this.subject.address(params), value, sent));
  }

  async respond(
    nats: NatsCommand,
    params: Filter<P>,
    handler: Handler<P, Q, H, ReplySource<R>>,
    options?: SubscribeOptions,
  ): Promise<Subscription> {
    const reception = new Reception(this.subject.select(params), this.ask);
    const each: Handler<P, Q, H, undefined> = async (message, received) =>
      answerEach(received, this.answer, await handler(message, received));
    return respond(nats, reception, none, each, listening(options, this.queue));
  }
}

function withoutEmpty<R>(answer: Message<R>): Message<R> {
  return {
    ...over(answer),
    // The engine passes over it, whatever its type.
    deserialize: (buffer, start, end, headers) =>
      start === end ? (FOREIGN as R) : answer.deserialize(buffer, start, end, headers),
  };
}

class TypedReplies<R> implements Replies<R> {
  readonly #source: NatsReplies<R>;

  constructor(source: NatsReplies<R>) {
    this.#source = source;
  }

  get dropped(): number {
    return this.#source.dropped;
  }

  async next(): Promise<IteratorResult<R, undefined>> {
    const { done, value } = await this.#source.next();
    return done ? { done, value } : { done: false, value: value.value };
  }

  async return(): Promise<IteratorResult<R, undefined>> {
    await this.#source.return?.();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#source[Symbol.asyncDispose]();
  }
}
