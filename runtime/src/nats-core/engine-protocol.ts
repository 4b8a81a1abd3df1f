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
import type { Engine } from "../connection/engine.js";
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
import { LANGUAGE, VERSION } from "../version.js";
import { isThenable } from "../waiting/thenable.js";
import { coreError, requestError } from "./errors.js";
import { CoreHeaders, tracedHeaders } from "./headers.js";
import { Message } from "./message.js";
import { writeAsIs } from "./write-as-is.js";

/** Counts messages and bytes in both directions. */
class Traffic {
  inMsgs = 0;
  inBytes = 0;
  outMsgs = 0;
  outBytes = 0;
}

/**
 * Replacement for `ProtocolHandler` of `@nats-io/nats-core`: the members that its subscriptions and
 * messages use, and those that `@nats-io/jetstream` accesses through a message's `publisher`.
 *
 * Hot: `send` for each published message, `#receive` for each received one.
 */
export class EngineProtocol {
  readonly options: ConnectionOptions;
  /** Requests that do not use {@link ask}; the first of them creates its inbox. */
  readonly muxSubscriptions = new MuxSubscription();
  readonly traffic = new Traffic();
  /** Read by the official `Bench`. */
  readonly transport = { lang: LANGUAGE, version: VERSION } as const;
  /** Read by the official subscriptions after draining. */
  readonly subscriptions = {
    cancel: (subscription: SubscriptionImpl) => this.cancel(subscription),
  };
  closed = false;

  readonly #engine: Engine;
  readonly #entries = new Map<SubscriptionImpl, SubscriptionEntry>();
  readonly #replySubjects = new SubjectReader();
  #mux: SubscriptionImpl | undefined;
  #textSize = 0;
  /** Serializer for UTF-8 text that also counts its bytes. */
  readonly #text: NatsSerializer<string> = {
    serialize: (value, writer) => {
      writer.utf8(value);
      this.#textSize = writer.length;
    },
    deserialize: textSerializer.deserialize,
  };

  /**
   * @param engine The engine.
   * @param options The options of the connection in the form of `@nats-io/nats-core`.
   */
  constructor(engine: Engine, options: ConnectionOptions) {
    this.#engine = engine;
    this.options = options;
  }

  isClosed(): boolean {
    return this.closed;
  }

  /**
   * Called by a message's `respond`: a reply after the end of the connection is not an error there.
   */
  publish(subject: string, payload?: Payload, options?: PublishOptions): void {
    if (!this.closed) this.send(subject, payload, options);
  }

  /**
   * Publishes.
   *
   * @throws errors of `@nats-io/nats-core`; PendingLimitError if `maxPendingBytes` are pending.
   */
  send(subject: string, payload?: Payload, options?: PublishOptions): void {
    const { lifecycle, writeLoop } = this.#engine;
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
   * Sends a request over the engine's own inbox.
   *
   * @param timeout Milliseconds.
   */
  ask(
    subject: string,
    payload: Payload | undefined,
    options: PublishOptions,
    timeout: number,
  ): Promise<Msg> {
    const { lifecycle, requests } = this.#engine;
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

  /** Registers a request that its caller publishes, with {@link replyTo}. */
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

  /** @returns The reply subject of such a request. */
  replyTo({ token }: Request): string {
    return `${this.muxSubscriptions.baseInbox}${token}`;
  }

  /** Subscribes. The caller has checked the subject and the queue group. */
  subscribe(subject: string, options: SubscriptionOptions): SubscriptionImpl {
    // This object has all members that subscriptions use; TypeScript compares the class by its
    // private members.
    const protocol = this as unknown as ProtocolHandler;
    const subscription = new SubscriptionImpl(protocol, subject, options);
    this.#listen(subscription, options.max);
    return subscription;
  }

  /** Moves a subscription to another subject, with a new id. */
  resub(subscription: SubscriptionImpl, subject: string, max: number | undefined): void {
    const entry = this.#entries.get(subscription);
    if (entry === undefined) return;
    this.#entries.delete(subscription);
    entry.unsubscribe();
    subscription.subject = subject;
    // The server counts from 0 again, while this side continues counting.
    limit(subscription, max ? max + subscription.received : undefined);
    this.#listen(subscription, undefined);
  }

  /** Tells the server to stop sending, immediately or after that number of messages in total. */
  unsub(subscription: SubscriptionImpl, max?: number): void {
    const entry = this.#entries.get(subscription);
    if (entry === undefined) return;
    if (max === undefined || max === 0) {
      limit(subscription, undefined);
      void entry.finish();
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

  /** @param asked Resolved with the PONG, if a subscription waits for it. */
  async flush(asked?: Deferred<void>): Promise<void> {
    try {
      this.#engine.lifecycle.ensureOpening();
      await this.#engine.pings.ask();
      asked?.resolve();
    } catch (error) {
      const failure = coreError(error);
      asked?.reject(failure);
      throw failure;
    }
  }

  /** Called before all subscriptions and the connection end. */
  draining(): void {
    for (const subscription of this.#entries.keys()) subscription.draining = true;
  }

  /** Called after the connection has ended; ends everything that is pending. */
  end(): void {
    this.closed = true;
    this.muxSubscriptions.close();
  }

  /** Called when the server refused a message; fails the requests that wait for its reply. */
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
    const { lifecycle, subscriptions } = this.#engine;
    try {
      lifecycle.ensureNotDraining();
      lifecycle.ensureOpening();
      const { subject, queue } = subscription;
      const subjects = new SubjectReader();
      const receiver: Receiver = {
        receive: (frame) => this.#receive(subscription, frame, subjects.read(frame)),
        ended: (failure) => {
          // Ignored for a subscription that has moved to another subject.
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

  /** Calls a callback; its failure must not stop reading. */
  #call(subscription: SubscriptionImpl, error: Error | null, message: Msg): void {
    try {
      const result: unknown = subscription.callback(error, message);
      if (isThenable(result)) result.then(undefined, (cause) => this.#failed(subscription, cause));
    } catch (cause) {
      this.#failed(subscription, cause);
    }
  }

  #failed(subscription: SubscriptionImpl, cause: unknown): void {
    this.#engine.journal.report(new HandlerError(subscription.subject, cause));
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

  /** Sends a request to a subject that needs {@link writeAsIs}. */
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

/** Sets the number of messages that a subscription accepts, in the field of the official class. */
function limit(subscription: { max?: number | undefined }, max: number | undefined): void {
  subscription.max = max;
}

function headersOf(options: PublishOptions): CoreHeaders | undefined {
  const headers = tracedHeaders(options);
  return headers === undefined ? undefined : CoreHeaders.of(headers);
}
