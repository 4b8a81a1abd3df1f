import {
  type ConnectionOptions,
  type Deferred,
  type Msg,
  MuxSubscription,
  type Payload,
  type ProtocolHandler,
  type PublishOptions,
  PermissionViolationError as RefusedError,
  type Request,
  RequestOne,
  SubscriptionImpl,
  type SubscriptionOptions,
} from "@nats-io/nats-core/internal";
import type { ConnectionParts } from "../connection/parts.js";
import type { SubscriptionEntry } from "../connection/subscriptions.js";
import type { Receiver } from "../delivery/receiver.js";
import {
  HandlerError,
  InvalidSubjectError,
  type NatsError,
  PermissionViolationError,
} from "../errors.js";
import type { Frame } from "../protocol/frame.js";
import { SubjectReader } from "../protocol/subject-reader.js";
import type { NatsSerializer } from "../serialization/serializer.js";
import { textSerializer } from "../serialization/text.js";
import { isThenable } from "../waiting/thenable.js";
import { coreError, requestError } from "./errors.js";
import { CoreHeaders, tracedHeaders } from "./headers.js";
import { Message } from "./message.js";
import { writeAsIs } from "./write-as-is.js";

/** Messages and bytes in both directions. */
class Traffic {
  inMsgs = 0;
  inBytes = 0;
  outMsgs = 0;
  outBytes = 0;
}

/**
 * The engine in the place of `ProtocolHandler` of `@nats-io/nats-core`: the members that its subscriptions
 * and messages use, and those that `@nats-io/jetstream` reaches through a message's `publisher`.
 *
 * Hot: `send` for each message published, `#receive` for each that arrived.
 */
export class EngineProtocol {
  readonly options: ConnectionOptions;
  /** For requests that are made beside {@link ask}; has its inbox from the first of them on. */
  readonly muxSubscriptions = new MuxSubscription();
  readonly traffic = new Traffic();
  /** Read by the official subscriptions when they have drained. */
  readonly subscriptions = {
    cancel: (subscription: SubscriptionImpl) => this.cancel(subscription),
  };
  closed = false;

  readonly #parts: ConnectionParts;
  readonly #entries = new Map<SubscriptionImpl, SubscriptionEntry>();
  readonly #replySubjects = new SubjectReader();
  #mux: SubscriptionImpl | undefined;
  #textSize = 0;
  /** Text as UTF-8, whose bytes are counted on the way. */
  readonly #text: NatsSerializer<string> = {
    serialize: (value, writer) => {
      writer.utf8(value);
      this.#textSize = writer.length;
    },
    deserialize: textSerializer.deserialize,
  };

  /**
   * @param parts The engine.
   * @param options The options of the connection, as `@nats-io/nats-core` knows them.
   */
  constructor(parts: ConnectionParts, options: ConnectionOptions) {
    this.#parts = parts;
    this.options = options;
  }

  isClosed(): boolean {
    return this.closed;
  }

  /** What a message's `respond` calls: an answer after the end is no error there. */
  publish(subject: string, payload?: Payload, options?: PublishOptions): void {
    if (!this.closed) this.send(subject, payload, options);
  }

  /**
   * Publishes.
   *
   * @throws errors of `@nats-io/nats-core`; PendingLimitError when too much waits for the server.
   */
  send(subject: string, payload?: Payload, options?: PublishOptions): void {
    const { lifecycle, writeLoop } = this.#parts;
    const serializer = this.#serializerOf(payload);
    let headers: CoreHeaders | undefined;
    let reply: string | undefined;
    if (options !== undefined) {
      headers = headersOf(options);
      reply = options.reply || undefined;
    }
    try {
      lifecycle.ensureOpening();
      writeLoop.writer.publish(subject, payload, serializer, headers, reply);
    } catch (error) {
      if (!(error instanceof InvalidSubjectError)) throw coreError(error, subject);
      this.#textSize = writeAsIs(writeLoop.writer, subject, reply, payload, headers);
    }
    writeLoop.wake();
    this.#count(payload, headers);
  }

  /**
   * Asks over the engine's own inbox.
   *
   * @param timeout Milliseconds.
   */
  ask(
    subject: string,
    payload: Payload | undefined,
    options: PublishOptions,
    timeout: number,
  ): Promise<Msg> {
    const { lifecycle, requests } = this.#parts;
    try {
      const serializer = this.#serializerOf(payload);
      const headers = headersOf(options);
      lifecycle.ensureNotDraining();
      lifecycle.ensureOpening();
      const answer = requests.request(
        subject,
        payload,
        serializer,
        this.#readAnswer,
        headers,
        timeout,
        undefined,
      );
      this.#count(payload, headers);
      return answer.then(undefined, (error) => {
        throw requestError(error, subject);
      }) as Promise<Msg>;
    } catch (error) {
      return error instanceof InvalidSubjectError
        ? this.#askAsIs(subject, payload, options, timeout)
        : Promise.reject(coreError(error, subject));
    }
  }

  /** Expects the answers to a request that its caller publishes, with {@link replyTo}. */
  request(request: Request): Request {
    if (this.#mux === undefined) {
      const mux = this.muxSubscriptions;
      this.#mux = this.subscribe(`${mux.init(this.options.inboxPrefix)}*`, {
        callback: mux.dispatcher(),
      });
    }
    this.muxSubscriptions.add(request);
    return request;
  }

  /** @returns Where the answers to such a request go. */
  replyTo({ token }: Request): string {
    return `${this.muxSubscriptions.baseInbox}${token}`;
  }

  /** Subscribes; the subject and the queue group are checked already. */
  subscribe(subject: string, options: SubscriptionOptions): SubscriptionImpl {
    // What subscriptions ask of it is here; the compiler knows the class by its private members.
    const protocol = this as unknown as ProtocolHandler;
    const subscription = new SubscriptionImpl(protocol, subject, options);
    this.#listen(subscription, options.max);
    return subscription;
  }

  /** Has a subscription listen on another subject, with a new number. */
  resub(subscription: SubscriptionImpl, subject: string, max: number | undefined): void {
    const entry = this.#entries.get(subscription);
    if (entry === undefined) return;
    this.#entries.delete(subscription);
    entry.unsubscribe();
    subscription.subject = subject;
    // The server counts from the beginning, this side goes on counting.
    limit(subscription, max ? max + subscription.received : undefined);
    this.#listen(subscription, undefined);
  }

  /** Tells the server to send no more, at once or after so many messages in all. */
  unsub(subscription: SubscriptionImpl, max?: number): void {
    const entry = this.#entries.get(subscription);
    if (entry === undefined) return;
    if (max === undefined || max === 0) {
      limit(subscription, undefined);
      void entry.drain();
    } else {
      limit(subscription, max);
      if (subscription.received < max) entry.unsubscribe(max);
    }
  }

  unsubscribe(subscription: SubscriptionImpl, max?: number): void {
    if (max !== undefined && max > subscription.received) this.unsub(subscription, max);
    else this.cancel(subscription);
  }

  /** Ends a subscription. */
  cancel(subscription: SubscriptionImpl): void {
    this.#entries.get(subscription)?.unsubscribe();
  }

  /** @param asked Settled with the PONG, where a subscription waits for it. */
  async flush(asked?: Deferred<void>): Promise<void> {
    try {
      this.#parts.lifecycle.ensureOpening();
      await this.#parts.pings.ask();
      asked?.resolve();
    } catch (error) {
      const failure = coreError(error);
      asked?.reject(failure);
      throw failure;
    }
  }

  /** All subscriptions, and the connection with them, are about to end. */
  draining(): void {
    for (const subscription of this.#entries.keys()) subscription.draining = true;
  }

  /** The connection has ended: what still waits is told. */
  end(): void {
    this.closed = true;
    this.muxSubscriptions.close();
  }

  /** The server refused a message: what waits for the answer to it is told. */
  refuse(error: Error): void {
    if (!(error instanceof RefusedError) || error.operation !== "publish") return;
    for (const [subscription, entry] of this.#entries) {
      if (subscription.requestSubject !== error.subject) continue;
      this.#fail(subscription, error);
      this.#entries.delete(subscription);
      entry.unsubscribe();
      break;
    }
    this.muxSubscriptions.handleError(false, error);
  }

  #listen(subscription: SubscriptionImpl, max: number | undefined): void {
    const { lifecycle, subscriptions } = this.#parts;
    try {
      lifecycle.ensureNotDraining();
      lifecycle.ensureOpening();
      const { subject, queue } = subscription;
      const subjects = new SubjectReader();
      const receiver: Receiver = {
        receive: (frame) => this.#receive(subscription, frame, subjects.read(frame)),
        ended: (failure) => {
          // Not of a subscription that listens elsewhere by now.
          if (this.#entries.get(subscription) === entry) this.#ended(subscription, failure);
        },
      };
      const entry = subscriptions.add(subject, queue || undefined, receiver, max || 0);
      subscription.sid = entry.sid;
      this.#entries.set(subscription, entry);
    } catch (error) {
      throw coreError(error, subscription.subject);
    }
  }

  #receive(subscription: SubscriptionImpl, frame: Frame, subject: string): void {
    const message = this.#message(frame, subject);
    subscription.received++;
    if (subscription.timer !== undefined) subscription.cancelTimeout();
    this.#call(subscription, null, message as Msg);
    if (subscription.max !== undefined && subscription.received >= subscription.max) {
      this.cancel(subscription);
    }
  }

  #message(frame: Frame, subject: string): Message {
    const { traffic } = this;
    traffic.inMsgs++;
    traffic.inBytes += frame.end - frame.headersStart;
    return new Message(frame, subject, frame.sid, this);
  }

  readonly #readAnswer = (frame: Frame): Message =>
    this.#message(frame, this.#replySubjects.read(frame));

  /** Calls a callback, whose failure must not end the reading. */
  #call(subscription: SubscriptionImpl, error: Error | null, message: Msg): void {
    try {
      const result: unknown = subscription.callback(error, message);
      if (isThenable(result)) result.then(undefined, (cause) => this.#failed(subscription, cause));
    } catch (cause) {
      this.#failed(subscription, cause);
    }
  }

  #failed(subscription: SubscriptionImpl, cause: unknown): void {
    this.#parts.report(new HandlerError(subscription.subject, cause));
  }

  #ended(subscription: SubscriptionImpl, failure: NatsError | undefined): void {
    this.#entries.delete(subscription);
    if (!(failure instanceof PermissionViolationError)) {
      subscription.close();
      return;
    }
    const error = coreError(failure) as RefusedError;
    if (subscription === this.#mux) {
      this.#mux = undefined;
      this.muxSubscriptions.handleError(true, error);
    }
    this.#fail(subscription, error);
  }

  #fail(subscription: SubscriptionImpl, error: Error): void {
    this.#call(subscription, error, {} as Msg);
    subscription.close(error);
  }

  #serializerOf(payload: Payload | undefined): NatsSerializer | undefined {
    if (typeof payload === "string") return this.#text as NatsSerializer;
    if (payload === undefined || payload instanceof Uint8Array) return undefined;
    throw new TypeError("payload types can be strings or Uint8Array");
  }

  #count(payload: Payload | undefined, headers: CoreHeaders | undefined): void {
    const { traffic } = this;
    traffic.outMsgs++;
    if (typeof payload === "string") traffic.outBytes += this.#textSize;
    else if (payload !== undefined) traffic.outBytes += payload.length;
    if (headers !== undefined) traffic.outBytes += headers.byteLength;
  }

  /** A request on such a subject as {@link writeAsIs} is for. */
  async #askAsIs(
    subject: string,
    payload: Payload | undefined,
    options: PublishOptions,
    timeout: number,
  ): Promise<Msg> {
    const request = new RequestOne(this.muxSubscriptions, subject, { timeout });
    this.request(request);
    try {
      this.send(subject, payload, { ...options, reply: this.replyTo(request) });
    } catch (error) {
      request.cancel(error as Error);
    }
    try {
      return await Promise.race([request.timer, request.deferred]);
    } finally {
      request.cancel();
    }
  }
}

/** How many messages a subscription takes, in the field that the official class has for it. */
function limit(subscription: { max?: number | undefined }, max: number | undefined): void {
  subscription.max = max;
}

function headersOf(options: PublishOptions): CoreHeaders | undefined {
  const headers = tracedHeaders(options);
  return headers === undefined ? undefined : CoreHeaders.of(headers);
}
