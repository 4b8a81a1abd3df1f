import type {
  NatsCommand,
  NatsReplies,
  RequestManyOptions as NatsRequestManyOptions,
} from "../commands/nats-command.js";
import type { NatsKey } from "../protocol/nats-key.js";
import { FOREIGN } from "../serialization/serializer.js";
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
    return values(nats.requestMany<R, unknown>(key, value, sent));
  }

  async answer(
    { source }: Received<unknown, unknown, unknown>,
    values: ReplySource<R>,
  ): Promise<undefined> {
    // A string would be sent letter by letter, which is never intended.
    if (typeof values !== "object")
      throw new TypeError("The handler must return a list of replies.");
    for await (const value of values) source.respond(value, { serializer: this.#answer });
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
function values<R>(source: NatsReplies<R>): Replies<R> {
  return {
    get dropped() {
      return source.dropped;
    },
    async next() {
      const result = await source.next();
      return result.done ? result : { done: false, value: result.value.value };
    },
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
