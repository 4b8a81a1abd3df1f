import type {
  ErrorHandler,
  ListenOptions,
  NatsCommand,
  NatsMessage,
  SubscribeOptions as NatsSubscribeOptions,
  Subscription,
} from "../commands/nats-command.js";
import { derivedStep } from "../waiting/bounded-iterator.js";
import type { NoHeaders } from "./headers.js";
import type { Message } from "./message.js";
import type { Handler, MessageReader, Received } from "./received.js";

/** Options of a subscription. */
export interface SubscribeOptions
  extends Pick<NatsSubscribeOptions, "concurrency" | "maxBuffered" | "whenFull"> {
  /**
   * The queue group, of which one member gets each message; `false` for none, even if the document
   * defines one.
   */
  readonly queue?: string | false;
  /** Ends the subscription when aborted. */
  readonly signal?: AbortSignal;
  /**
   * Called with errors of the handler and of unreadable messages; default: the connection's
   * `onError`.
   */
  readonly onError?: ErrorHandler;
}

/** Options of an iteration. */
export type MessagesOptions = Omit<SubscribeOptions, "concurrency">;

/** Messages of a subscription, one after the other. Leaving the loop unsubscribes. */
export interface Messages<P, T, H = NoHeaders>
  extends AsyncIterableIterator<Received<P, T, H>>,
    AsyncDisposable {
  /** Resolves when the server has registered the subscription; rejects if it refused. */
  readonly ready: Promise<void>;
  /** Messages lost because the buffer was full. */
  readonly dropped: number;
  /** Ends the subscription; buffered messages are still delivered. */
  unsubscribe(): void;
}

/** Calls a handler for each message. */
export function subscribe<P, T, H>(
  nats: NatsCommand,
  reader: MessageReader<P, T, H>,
  handler: Handler<P, T, H>,
  options: ListenOptions,
): Promise<Subscription> {
  return nats.subscribe<unknown>(
    reader.subject,
    (_value, source) => {
      const received = reader.receive(source);
      return handler(received.message, received);
    },
    { ...options, ...reader.options },
  );
}

/** Responds to requests with a handler. */
export function respond<P, Q, R, H>(
  nats: NatsCommand,
  reader: MessageReader<P, Q, H>,
  answer: Message<R>,
  handler: Handler<P, Q, H, R>,
  options: ListenOptions,
): Promise<Subscription> {
  return nats.respond<unknown, R>(
    reader.subject,
    (_value, source) => {
      const received = reader.receive(source);
      return handler(received.message, received);
    },
    { ...options, ...reader.options, replySerializer: answer },
  );
}

/** Iterates over messages. */
export function iterate<P, T, H>(
  nats: NatsCommand,
  reader: MessageReader<P, T, H>,
  options: ListenOptions,
): Messages<P, T, H> {
  const source = nats.messages<unknown>(reader.subject, { ...options, ...reader.options });
  const read = (
    result: IteratorResult<NatsMessage<unknown>, undefined>,
  ): IteratorResult<Received<P, T, H>, undefined> =>
    result.done ? result : { done: false, value: reader.receive(result.value) };
  return {
    get ready() {
      return source.ready;
    },
    get dropped() {
      return source.dropped;
    },
    unsubscribe: () => source.unsubscribe(),
    next: () => derivedStep(source.next(), read, nats),
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

/**
 * @param given The options of the call.
 * @param queue The queue group of the document or the generator.
 * @returns The options for the engine.
 */
export function listening(
  given: SubscribeOptions | undefined,
  queue: string | undefined,
): ListenOptions {
  const { queue: group = queue, ...options } = given ?? {};
  return group === undefined || group === false ? options : { ...options, queue: group };
}
