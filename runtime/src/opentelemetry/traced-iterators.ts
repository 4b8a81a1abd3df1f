import { type Span, trace } from "@opentelemetry/api";
import type {
  DrainOptions,
  NatsMessage,
  NatsMessages,
  NatsReplies,
} from "../commands/nats-command.js";
import { extract, process } from "./propagation.js";
import { type Destination, failSpan, startSpan } from "./spans.js";

type Result<T> = IteratorResult<NatsMessage<T>, undefined>;

/** The replies to a request. Its span ends with them. */
export class TracedReplies<R> implements NatsReplies<R> {
  readonly #replies: NatsReplies<R>;
  readonly #span: Span;
  #count = 0;
  #ended = false;

  constructor(replies: NatsReplies<R>, span: Span) {
    this.#replies = replies;
    this.#span = span;
  }

  get dropped(): number {
    return this.#replies.dropped;
  }

  async next(): Promise<Result<R>> {
    try {
      const result = await this.#replies.next();
      if (result.done) this.#end();
      else this.#count++;
      return result as Result<R>;
    } catch (cause) {
      this.#ended = true;
      failSpan(this.#span, cause);
      throw cause;
    }
  }

  async return(): Promise<Result<R>> {
    await this.#replies.return?.();
    this.#end();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#span.setAttribute("messaging.batch.message_count", this.#count);
    this.#span.end();
  }
}

/** The messages of a loop. The processing of each ends when the loop requests the next one. */
export class TracedMessages<T> implements NatsMessages<T> {
  readonly #messages: NatsMessages<T>;
  readonly #source: Destination;
  #span: Span | undefined;

  constructor(messages: NatsMessages<T>, source: Destination) {
    this.#messages = messages;
    this.#source = source;
  }

  get ready(): Promise<void> {
    return this.#messages.ready;
  }

  get dropped(): number {
    return this.#messages.dropped;
  }

  unsubscribe(max?: number): void {
    this.#messages.unsubscribe(max);
  }

  drain(options?: DrainOptions): Promise<void> {
    return this.#messages.drain(options);
  }

  async next(): Promise<Result<T>> {
    this.#span?.end();
    this.#span = undefined;
    const result = (await this.#messages.next()) as Result<T>;
    if (result.done) return result;
    const { value: message } = result;
    const parent = extract(message);
    this.#span = startSpan("process", { ...this.#source, subject: message.subject }, parent);
    process(message, trace.setSpan(parent, this.#span));
    return result;
  }

  async return(): Promise<Result<T>> {
    this.#span?.end();
    this.#span = undefined;
    await this.#messages.return?.();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }
}
