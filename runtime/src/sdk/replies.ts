import type {
  ErrorHandler,
  NatsCommand,
  RequestManyOptions as NatsRequestManyOptions,
} from "../commands/nats-command.js";
import type { NatsKey } from "../protocol/nats-key.js";
import type { Message } from "./message.js";
import type { Received } from "./received.js";
import type { SendOptions } from "./send.js";

/** Options of a request with several replies. */
export interface RequestManyOptions
  extends Pick<
    NatsRequestManyOptions,
    "timeout" | "signal" | "max" | "stall" | "maxBuffered" | "whenFull"
  > {
  /**
   * `true` if an empty payload ends the replies, as after a responder's last one (default). `false`
   * if several responders reply, each with its own end; empty payloads are then skipped.
   */
  readonly sentinel?: boolean;
  /**
   * Called with errors of responders and of unreadable replies; the loop continues with the other
   * replies. Without it the loop throws the error.
   */
  readonly onError?: ErrorHandler;
}

/**
 * Replies of a request, one after the other: `for await (const answer of replies)`. Leaving the
 * loop cancels the request.
 */
export interface Replies<R> extends AsyncIterableIterator<R>, AsyncDisposable {
  /** Number of replies lost because the buffer was full. */
  readonly dropped: number;
}

/** The replies to one request: a list, or a (possibly asynchronous) generator. */
export type ReplySource<R> = Iterable<R> | AsyncIterable<R>;

declare const repeated: unique symbol;

/** Any number of replies of the type `R` to one request. */
export interface Many<R> {
  readonly [repeated]: R;
}

/** Requests and responses with several replies. */
export interface Exchange {
  /** @throws the errors of the request's codecs and of NatsCommand.requestMany. */
  request(
    nats: NatsCommand,
    key: NatsKey | string,
    ask: Message<unknown, unknown>,
    message: unknown,
    options: (RequestManyOptions & SendOptions) | undefined,
  ): Replies<unknown>;

  /**
   * Replies to a request with each of several values.
   *
   * @param received The request. Nothing is sent if its requester expects no reply.
   * @param values The handler's result.
   * @throws the errors of the values' source
   */
  answer(received: Received<unknown, unknown, unknown>, values: unknown): Promise<undefined>;
}

/** @returns The exchange of a message with several replies; `undefined` for a message with one. */
export function exchangeOf(answer: object): Exchange | undefined {
  return (answer as { readonly exchange?: Exchange }).exchange;
}
