import { context, type Span, trace } from "@opentelemetry/api";
import { ForwardingCommand } from "../commands/forwarding-command.js";
import type {
  BatchItem,
  ListenOptions,
  NatsCommand,
  NatsHandler,
  NatsMessages,
  NatsObservable,
  NatsReplies,
  PublishOptions,
  PublishWaitOptions,
  RawMessage,
  RequestManyOptions,
  RequestOptions,
  RespondOptions,
  SubscribeOptions,
  Subscription,
} from "../commands/nats-command.js";
import { MessageObservable } from "../delivery/message-observable.js";
import type { NatsHeadersInit } from "../protocol/headers.js";
import type { NatsKey } from "../protocol/nats-key.js";
import { extract, inject, within } from "./propagation.js";
import { type Destination, during, startSpan } from "./spans.js";
import { TracedMessages, TracedReplies } from "./traced-iterators.js";

/**
 * Adds OpenTelemetry to the commands of a connection, pool or sharded connection: published
 * messages and requests carry the trace context in their headers, handlers run in the trace of
 * their message, and publishing, requesting and processing are spans. Programs that do not use it
 * have no extra cost.
 *
 * ```ts
 * import { NatsConnection } from "alternats";
 * import { traced } from "alternats/opentelemetry";
 *
 * await using connection = new NatsConnection();
 * const nats = traced(connection);
 * await nats.publish("game.chat", { text: "hello" });
 * ```
 *
 * Generated functions accept the result as a connection. It needs the package `@opentelemetry/api`
 * and a registered provider; without one nothing is recorded.
 *
 * @param nats The commands. Close the original connection yourself.
 * @see https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/
 */
export function traced(nats: NatsCommand): NatsCommand {
  return new TracedCommand(nats);
}

class TracedCommand extends ForwardingCommand {
  readonly #nats: NatsCommand;

  constructor(nats: NatsCommand) {
    super();
    this.#nats = nats;
  }

  override publish<T>(
    key: NatsKey | string,
    value?: T,
    options?: PublishWaitOptions<T>,
  ): Promise<void> {
    return this.#send("publish", key, options, (sent) => this.#nats.publish(key, value, sent));
  }

  override post<T>(key: NatsKey | string, value?: T, options?: PublishOptions<T>): void {
    this.#send("publish", key, options, (sent) => this.#nats.post(key, value, sent));
  }

  override publishBatch<T>(
    items: Iterable<BatchItem<T>>,
    options?: PublishWaitOptions<T>,
  ): Promise<void> {
    return this.#sendBatch(items, options, (all, sent) => this.#nats.publishBatch(all, sent));
  }

  override postBatch<T>(items: Iterable<BatchItem<T>>, options?: PublishOptions<T>): void {
    this.#sendBatch(items, options, (all, sent) => this.#nats.postBatch(all, sent));
  }

  override subscribe<T>(
    key: NatsKey | string,
    handler: NatsHandler<T>,
    options?: SubscribeOptions<T>,
  ): Promise<Subscription> {
    return this.#nats.subscribe<T>(key, this.#processing(key, handler, options), options);
  }

  override respond<Q, R>(
    key: NatsKey | string,
    handler: NatsHandler<Q, R>,
    options?: RespondOptions<Q, R>,
  ): Promise<Subscription> {
    return this.#nats.respond<Q, R>(key, this.#processing(key, handler, options), options);
  }

  override request<R, Q = unknown>(
    key: NatsKey | string,
    value?: Q,
    options?: RequestOptions<Q, R>,
  ): Promise<R> {
    return this.#send("request", key, options, (sent) => this.#nats.request(key, value, sent));
  }

  override requestMany<R, Q = unknown>(
    key: NatsKey | string,
    value?: Q,
    options?: RequestManyOptions<Q, R>,
  ): NatsReplies<R> {
    const span = startSpan("request", { subject: String(key) }, context.active());
    const replies = this.#nats.requestMany(key, value, carrying(span, options));
    return new TracedReplies(replies, span, this.#nats);
  }

  override messages<T>(key: NatsKey | string, options?: SubscribeOptions<T>): NatsMessages<T> {
    const source = listenedOn(key, options);
    return new TracedMessages(this.#nats.messages(key, options), source, this.#nats);
  }

  override observe<T>(key: NatsKey | string, options?: SubscribeOptions<T>): NatsObservable<T> {
    return new MessageObservable(this, key, options);
  }

  override listen(
    key: NatsKey | string,
    handler: (message: RawMessage) => void,
    options?: ListenOptions,
  ): Promise<Subscription> {
    const source = listenedOn(key, options);
    return this.#nats.listen(
      key,
      (message) => processed(source, message, () => handler(message)),
      options,
    );
  }

  protected override commandFor(): NatsCommand {
    return this.#nats;
  }

  #send<O extends { readonly headers?: NatsHeadersInit }, R>(
    operation: "publish" | "request",
    key: NatsKey | string,
    options: O | undefined,
    send: (options: O) => R,
  ): R {
    const span = startSpan(operation, { subject: String(key) }, context.active());
    return during(span, () => send(carrying(span, options)));
  }

  /** Creates one span for a batch, whose context each of its messages carries. */
  #sendBatch<T, O extends PublishOptions<T>, R>(
    items: Iterable<BatchItem<T>>,
    options: O | undefined,
    send: (items: Iterable<BatchItem<T>>, options: O) => R,
  ): R {
    const span = startSpan("publish", {}, context.active());
    let count = 0;
    function* counted() {
      for (const item of items) {
        count++;
        yield item;
      }
      span.setAttribute("messaging.batch.message_count", count);
    }
    return during(span, () => send(counted(), carrying(span, options)));
  }

  #processing<T, R>(
    key: NatsKey | string,
    handler: NatsHandler<T, R>,
    options: ListenOptions | undefined,
  ): NatsHandler<T, R> {
    const source = listenedOn(key, options);
    return (value, message) => processed(source, message, () => handler(value, message));
  }
}

/** @returns Options whose headers carry the span. */
function carrying<O extends { readonly headers?: NatsHeadersInit }>(
  span: Span,
  options: O | undefined,
): O {
  const headers = inject(options?.headers, trace.setSpan(context.active(), span));
  return { ...(options as O), headers };
}

function listenedOn(key: NatsKey | string, options: ListenOptions | undefined): Destination {
  return { template: String(key), queue: options?.queue };
}

function processed<R>(
  source: Destination,
  message: Pick<RawMessage, "subject" | "headers">,
  handle: () => R,
): R {
  const parent = extract(message);
  const span = startSpan("process", { ...source, subject: message.subject }, parent);
  return within(trace.setSpan(parent, span), () => during(span, handle));
}
