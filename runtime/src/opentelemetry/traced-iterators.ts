import { type Span, trace } from "@opentelemetry/api";
import type {
  DrainOptions,
  NatsMessage,
  NatsMessages,
  NatsReplies,
} from "../commands/nats-command.js";
import { derivedStep } from "../waiting/bounded-iterator.js";
import type { Reporter } from "../waiting/call.js";
import { extract, process } from "./propagation.js";
import { type Destination, failSpan, startSpan } from "./spans.js";

type Result<T> = IteratorResult<NatsMessage<T>, undefined>;

/** The replies to a request. Its span ends with them. */
export class TracedReplies<R> implements NatsReplies<R> {
  readonly #replies: NatsReplies<R>;
  readonly #span: Span;
  readonly #reporter: Reporter;
  #count = 0;
  #ended = false;

  constructor(replies: NatsReplies<R>, span: Span, reporter: Reporter) {
    this.#replies = replies;
    this.#span = span;
    this.#reporter = reporter;
  }

  get dropped(): number {
    return this.#replies.dropped;
  }

  next(): Promise<Result<R>> {
    const next = this.#replies.next() as Promise<Result<R>>;
    return derivedStep(next, this.#take, this.#reporter, this.#fail);
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

  readonly #take = (result: Result<R>): Result<R> => {
    if (result.done) this.#end();
    else this.#count++;
    return result;
  };

  readonly #fail = (cause: unknown): void => {
    this.#ended = true;
    failSpan(this.#span, cause);
  };

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
  readonly #reporter: Reporter;
  #span: Span | undefined;

  constructor(messages: NatsMessages<T>, source: Destination, reporter: Reporter) {
    this.#messages = messages;
    this.#source = source;
    this.#reporter = reporter;
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

  next(): Promise<Result<T>> {
    this.#span?.end();
    this.#span = undefined;
    return derivedStep(this.#messages.next() as Promise<Result<T>>, this.#take, this.#reporter);
  }

  readonly #take = (result: Result<T>): Result<T> => {
    if (result.done) return result;
    const { value: message } = result;
    const parent = extract(message);
    this.#span = startSpan("process", { ...this.#source, subject: message.subject }, parent);
    process(message, trace.setSpan(parent, this.#span));
    return result;
  };

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
