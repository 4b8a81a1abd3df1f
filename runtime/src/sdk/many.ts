import type {
  NatsCommand,
  NatsReplies,
  RequestManyOptions as NatsRequestManyOptions,
} from "../commands/nats-command.js";
import { errorHandler } from "../delivery/error-handler.js";
import { replyError } from "../errors.js";
import type { NatsKey } from "../protocol/nats-key.js";
import { FOREIGN } from "../serialization/serializer.js";
import { callOf, type Reporter } from "../waiting/call.js";
import { type Message, over } from "./message.js";
import type { Received } from "./received.js";
import type { Exchange, Many, Replies, ReplySource, RequestManyOptions } from "./replies.js";
import { correlating, type SendOptions, sending } from "./send.js";

/**
 * Creates the reply message of a procedure with any number of replies.
 *
 * ```ts
 * const log: Procedure<RoomParams, Since, Many<Line>> = procedure(subject("game.{room}.log"), json(), many(json()));
 * ```
 *
 * @param answer The codec of each reply.
 */
export function many<R>(answer: Message<R>): Message<Many<R>> {
  const made: object = { ...over(answer), exchange: new ManyReplies(answer) };
  return made as Message<Many<R>>;
}

class ManyReplies<R> implements Exchange {
  readonly #answer: Message<R>;

  constructor(answer: Message<R>) {
    this.#answer = answer;
  }

  request(
    nats: NatsCommand,
    key: NatsKey | string,
    ask: Message<unknown, unknown>,
    message: unknown,
    options: RequestManyOptions & SendOptions = {},
  ): Replies<R> {
    const { sentinel = true, signal, ...given } = options;
    const failed = new AbortController();
    const made: NatsRequestManyOptions<unknown, R> = {
      serializer: ask,
      replySerializer: sentinel ? this.#answer : withoutEmpty(this.#answer),
      ...(sentinel && { sentinel }),
      onError: options.onError ?? ((error) => failed.abort(error)),
      signal: signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal]),
    };
    const [value, filled] = correlating(ask, message, given);
    const sent = sending(made, ask.headerCodec, filled);
    const reporter = { report: errorHandler(options, (error) => nats.report(error)) };
    return values(nats.requestMany<R, unknown>(key, value, sent), reporter);
  }

  async answer(
    { source }: Received<unknown, unknown, unknown>,
    values: ReplySource<R>,
  ): Promise<undefined> {
    // A string would be sent letter by letter, which is never intended.
    if (typeof values !== "object")
      throw new TypeError("The handler must return a list of replies.");
    for await (const value of values) {
      try {
        source.respond(value, { serializer: this.#answer });
      } catch (cause) {
        throw replyError(source.subject, cause);
      }
    }
  }
}

function withoutEmpty<R>(answer: Message<R>): Message<R> {
  return {
    ...over(answer),
    // The engine skips it, so its type does not matter.
    deserialize: (buffer, start, end, headers) =>
      start === end ? (FOREIGN as R) : answer.deserialize(buffer, start, end, headers),
  };
}

/** The values of replies. */
function values<R>(source: NatsReplies<R>, reporter: Reporter): Replies<R> {
  const read = async (): Promise<IteratorResult<R, undefined>> => {
    const result = await source.next();
    return result.done ? result : { done: false, value: result.value.value };
  };
  return {
    get dropped() {
      return source.dropped;
    },
    // The error handler of the request ends it, so it cannot report the failure.
    next: () => callOf(read, reporter),
    async return() {
      await source.return?.();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
    [Symbol.asyncDispose]: () => source[Symbol.asyncDispose](),
  };
}
