import { rejected } from "./commands/deferred.js";
import { Lifecycle, type NatsConnectionState } from "./connection/lifecycle.js";
import { Pings } from "./connection/pings.js";
import { Requests } from "./connection/requests.js";
import { type Deliver, type SubscriptionEntry, Subscriptions } from "./connection/subscriptions.js";
import { WriteLoop } from "./connection/write-loop.js";
import {
  DeserializeError,
  DisconnectedError,
  HandlerError,
  InvalidArgumentError,
  NatsError,
} from "./errors.js";
import { MessageQueue } from "./message-queue.js";
import type {
  ErrorHandler,
  ListenOptions,
  MessagesOptions,
  NatsCommand,
  NatsHandler,
  NatsMessage,
  NatsMessages,
  PublishOptions,
  RawMessage,
  RequestOptions,
  RespondOptions,
  SubscribeOptions,
  Subscription,
} from "./nats-command.js";
import { type NatsOptions, type ResolvedOptions, resolveOptions } from "./nats-options.js";
import type { Frame } from "./protocol/frame.js";
import { NatsHeaders, type NatsHeadersInit, toHeaders } from "./protocol/headers.js";
import type { NatsKey } from "./protocol/nats-key.js";
import type { ServerInfo } from "./protocol/server-info.js";
import { checkQueue, checkSubject } from "./protocol/subject.js";
import { SubjectReader } from "./protocol/subject-reader.js";
import { ReceivedMessage } from "./received-message.js";
import type { NatsSerializer } from "./serialization/serializer.js";
import { connectTcp } from "./transport/tcp.js";

/**
 * A connection to a NATS server. It connects with the first command, and again whenever it was lost;
 * all commands share it.
 *
 * ```ts
 * await using nats = new NatsConnection({ servers: "nats://localhost:4222" });
 * await nats.subscribe<Chat>("game.*.chat", (chat, { subject }) => console.log(subject, chat.text));
 * await nats.publish("game.eu-1.chat", { text: "hello" });
 * ```
 */
export class NatsConnection implements NatsCommand, AsyncDisposable {
  /** The options with all defaults, frozen. Derive others by spreading them. */
  readonly options: ResolvedOptions;

  readonly #serializer: NatsSerializer;
  readonly #writeLoop: WriteLoop;
  readonly #pings: Pings;
  readonly #subscriptions: Subscriptions;
  readonly #requests: Requests;
  readonly #lifecycle: Lifecycle;

  /**
   * @param options How the connection behaves; see {@link NatsOptions}.
   * @throws InvalidArgumentError naming the option.
   */
  constructor(options?: NatsOptions) {
    this.options = resolveOptions(options);
    const { maxPendingBytes, writerBufferSize, inboxPrefix } = this.options;
    this.#serializer = this.options.serializer;
    this.#writeLoop = new WriteLoop(maxPendingBytes, writerBufferSize);
    this.#pings = new Pings(this.#writeLoop);
    this.#subscriptions = new Subscriptions(this.#writeLoop, this.#pings);
    this.#requests = new Requests(this.#writeLoop, this.#subscriptions, inboxPrefix);
    this.#lifecycle = new Lifecycle(
      this.options,
      {
        writeLoop: this.#writeLoop,
        pings: this.#pings,
        subscriptions: this.#subscriptions,
        requests: this.#requests,
      },
      connectTcp,
      (error) => this.#report(error),
    );
  }

  /** Where the connection stands. */
  get state(): NatsConnectionState {
    return this.#lifecycle.state;
  }

  /** What the server said of itself; `undefined` while there is no connection. */
  get serverInfo(): ServerInfo | undefined {
    return this.#lifecycle.serverInfo;
  }

  /**
   * Connects. Commands do that by themselves; call it to learn early whether the server is there.
   *
   * @returns Settles when the connection is open. Rejects with ConnectionError or AuthorizationError when
   *   no server accepts it within `connectTimeout`, with ConnectionClosedError after {@link close}.
   */
  connect(): Promise<void> {
    return this.#lifecycle.open();
  }

  /**
   * Ends the connection for good. What was published before is delivered first; requests that wait
   * reject with ConnectionClosedError; subscriptions and loops end.
   */
  close(): Promise<void> {
    return this.#lifecycle.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  publish<T>(key: NatsKey | string, value?: T, options?: PublishOptions<T>): Promise<void> {
    try {
      this.post(key, value, options);
    } catch (error) {
      return this.#refused(error);
    }
    return this.#writeLoop.accepted();
  }

  post<T>(key: NatsKey | string, value?: T, options?: PublishOptions<T>): void {
    this.#lifecycle.ensureOpening();
    if (options === undefined) {
      this.#writeLoop.writer.publish(key, value, this.#serializerFor(value), undefined, undefined);
    } else {
      const { serializer = this.#serializerFor(value), headers, reply } = options;
      this.#writeLoop.writer.publish(
        key,
        value,
        serializer,
        mergeHeaders(headers, serializer, value),
        reply,
      );
    }
    this.#writeLoop.wake();
  }

  async subscribe<T>(
    key: NatsKey | string,
    handler: NatsHandler<T>,
    options: SubscribeOptions<T> = {},
  ): Promise<Subscription> {
    const deliver = this.#reader<T>(options, (message, fail) => {
      const result = handler(message.value, message);
      if (isThenable(result)) result.then(undefined, fail);
    });
    return this.#confirmed(this.#subscribe(key, deliver, options), options.signal);
  }

  async respond<Q, R>(
    key: NatsKey | string,
    handler: NatsHandler<Q, R>,
    options: RespondOptions<Q, R> = {},
  ): Promise<Subscription> {
    const serializer =
      options.replySerializer ?? (options.serializer as NatsSerializer | undefined);
    const replyOptions = serializer === undefined ? undefined : { serializer };
    const answer = (message: NatsMessage<Q>, fail: (cause: unknown) => void) => {
      const failed = (cause: unknown): void => {
        message.respond(undefined, { serializer: nothing, headers: serviceError(cause) });
        fail(cause);
      };
      const reply = (value: R): void => {
        try {
          message.respond(value, replyOptions);
        } catch (cause) {
          failed(cause);
        }
      };
      let result: R | Promise<R>;
      try {
        result = handler(message.value, message);
      } catch (cause) {
        failed(cause);
        return;
      }
      if (isThenable(result)) result.then(reply, failed);
      else reply(result);
    };
    const deliver = this.#reader<Q>(options, answer, (frame, cause) => {
      const { reply } = frame;
      if (reply === undefined) return;
      this.post(reply, undefined, { serializer: nothing, headers: serviceError(cause, 400) });
    });
    return this.#confirmed(this.#subscribe(key, deliver, options), options.signal);
  }

  request<R, Q = unknown>(
    key: NatsKey | string,
    value?: Q,
    options?: RequestOptions<Q, R>,
  ): Promise<R> {
    try {
      this.#lifecycle.ensureOpening();
      if (options === undefined) {
        return this.#requests.request(
          key,
          value,
          this.#serializerFor(value),
          this.#serializer,
          undefined,
          this.options.requestTimeout,
          undefined,
        ) as Promise<R>;
      }
      const { headers, timeout = this.options.requestTimeout, signal } = options;
      if (signal?.aborted) return Promise.reject(signal.reason);
      const serializer = options.serializer ?? this.#serializerFor(value);
      return this.#requests.request(
        key,
        value,
        serializer,
        options.replySerializer ?? options.serializer ?? this.#serializer,
        mergeHeaders(headers, serializer, value),
        checkTimeout(timeout),
        signal,
      ) as Promise<R>;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  messages<T>(key: NatsKey | string, options: MessagesOptions<T> = {}): NatsMessages<T> {
    const queue = new MessageQueue<T>(options, this.#lifecycle, options.onError ?? this.#report);
    try {
      const deliver = this.#reader<T>(options, (message) => queue.push(message));
      const entry = this.#subscribe(key, deliver, options);
      queue.start(entry, this.#confirmed(entry, options.signal));
    } catch (error) {
      queue.fail(error);
    }
    return queue;
  }

  async listen(
    key: NatsKey | string,
    handler: (message: RawMessage) => void,
    options: ListenOptions = {},
  ): Promise<Subscription> {
    const report = options.onError ?? this.#report;
    const deliver = (frame: Frame): void => {
      try {
        handler(frame);
      } catch (cause) {
        report(new HandlerError(frame.subject, cause));
      }
    };
    return this.#confirmed(this.#subscribe(key, deliver, options), options.signal);
  }

  async ping(): Promise<number> {
    this.#lifecycle.ensureOpening();
    return this.#pings.ask();
  }

  async flush(): Promise<void> {
    this.#lifecycle.ensureOpening();
    await this.#pings.ask();
  }

  /** Bytes go as they are, and no value is an empty payload: both without a serializer. */
  #serializerFor(value: unknown): NatsSerializer | undefined {
    return value === undefined || value instanceof Uint8Array ? undefined : this.#serializer;
  }

  #subscribe(key: NatsKey | string, deliver: Deliver, options: ListenOptions): SubscriptionEntry {
    const { queue, onError, signal } = options;
    signal?.throwIfAborted();
    const subject = typeof key === "string" ? key : key.subject;
    if (typeof key === "string") checkSubject(key);
    if (queue !== undefined) checkQueue(queue);
    this.#lifecycle.ensureOpening();
    const entry = this.#subscriptions.add(subject, queue, deliver, onError);
    if (signal !== undefined) {
      const abort = () => entry.unsubscribe();
      signal.addEventListener("abort", abort, { once: true });
      void entry.closed.then(() => signal.removeEventListener("abort", abort));
    }
    return entry;
  }

  /** Waits until the server has the subscription, also when the connection is lost meanwhile. */
  async #confirmed(
    entry: SubscriptionEntry,
    signal: AbortSignal | undefined,
  ): Promise<Subscription> {
    for (let confirmed = false; !confirmed; ) {
      try {
        await this.#pings.ask();
        confirmed = true;
      } catch (error) {
        if (!(error instanceof DisconnectedError)) throw error;
      }
    }
    if (entry.failure !== undefined) throw entry.failure;
    signal?.throwIfAborted();
    return entry;
  }

  /**
   * What is done with each message of a typed subscription: its payload is read, and what fails goes to
   * the error handler.
   *
   * @param handle Gets the message, and a function for what fails later.
   * @param unreadable Told of a payload that cannot be read, besides the error handler.
   */
  #reader<T>(
    options: SubscribeOptions<T>,
    handle: (message: NatsMessage<T>, fail: (cause: unknown) => void) => void,
    unreadable?: (frame: Frame, cause: unknown) => void,
  ): Deliver {
    const serializer = options.serializer ?? (this.#serializer as NatsSerializer<T>);
    const report: ErrorHandler = options.onError ?? this.#report;
    const subjects = new SubjectReader();
    return (frame) => {
      const headers = frame.hasHeaders ? frame.headers : undefined;
      let value: T;
      try {
        value = serializer.deserialize(frame.buffer, frame.start, frame.end, headers);
      } catch (cause) {
        unreadable?.(frame, cause);
        report(new DeserializeError(frame.subject, cause));
        return;
      }
      const message = new ReceivedMessage(this, value, subjects.read(frame), frame.reply, headers);
      const fail = (cause: unknown): void => report(new HandlerError(message.subject, cause));
      try {
        handle(message, fail);
      } catch (cause) {
        fail(cause);
      }
    };
  }

  readonly #report: ErrorHandler = (error) => {
    try {
      this.options.onError(error);
    } catch (cause) {
      // An error handler must not end the reading either.
      console.error(cause);
    }
  };

  /** A publish that was refused: reported too, since its promise may be ignored. */
  #refused(error: unknown): Promise<never> {
    if (error instanceof NatsError) this.#report(error);
    return rejected(error);
  }
}

/** Writes an empty payload. */
const nothing: NatsSerializer = {
  serialize() {},
  deserialize() {},
};

function mergeHeaders(
  init: NatsHeadersInit | undefined,
  serializer: NatsSerializer | undefined,
  value: unknown,
): NatsHeaders | undefined {
  const own = serializer?.headers?.(value);
  if (own === undefined) return toHeaders(init);
  if (init === undefined) return toHeaders(own);
  const headers = new NatsHeaders(init);
  for (const [name, text] of new NatsHeaders(own)) headers.set(name, text);
  return toHeaders(headers);
}

/** The headers by which a responder says that it failed (ADR-32). */
function serviceError(cause: unknown, status = 500): NatsHeaders {
  const text = cause instanceof Error ? cause.message : String(cause);
  return new NatsHeaders({
    "Nats-Service-Error": text.replace(/[\r\n]+/g, " "),
    "Nats-Service-Error-Code": String(status),
  });
}

function isThenable<R>(value: R | Promise<R>): value is Promise<R> {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof (value as { then?: unknown }).then === "function"
  );
}

function checkTimeout(timeout: number): number {
  if (Number.isFinite(timeout) && timeout > 0) return timeout;
  throw new InvalidArgumentError(`A timeout is a number of milliseconds above 0, not ${timeout}.`);
}
