import type {
  ErrorHandler,
  NatsCommand,
  RequestManyOptions as NatsRequestManyOptions,
} from "../commands/nats-command.js";
import type { NatsKey } from "../protocol/nats-key.js";
import type { Message } from "./message.js";
import type { Received } from "./received.js";
import type { SendOptions } from "./send.js";

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

/** The answers to one request: a list of them, or an (asynchronous) generator. */
export type ReplySource<R> = Iterable<R> | AsyncIterable<R>;

declare const repeated: unique symbol;

/** Any number of answers of the type `R` to one request. */
export interface Many<R> {
  readonly [repeated]: R;
}

/** Sends requests and answers them where one request has several answers. */
export interface Exchange {
  /** @throws what the request's codecs and NatsCommand.requestMany throw. */
  request(
    nats: NatsCommand,
    key: NatsKey | string,
    ask: Message<unknown, unknown>,
    message: unknown,
    options: (RequestManyOptions & SendOptions) | undefined,
  ): Replies<unknown>;

  /**
   * Answers a request with each of several values.
   *
   * @param received The request. Nothing is sent when its requester expects no answer.
   * @param values What the handler returned.
   * @throws the errors of the values' source
   */
  answer(received: Received<unknown, unknown, unknown>, values: unknown): Promise<undefined>;
}

/** @returns How several answers are exchanged; `undefined` for a message that answers once. */
export function exchangeOf(answer: object): Exchange | undefined {
  return (answer as { readonly exchange?: Exchange }).exchange;
}
