import type { ErrorHandler } from "../commands/options.js";
import type { Subscription } from "../commands/subscription.js";
import type { Receiver } from "../delivery/receiver.js";
import {
  DisconnectedError,
  type NatsError,
  SubscriptionLimitError,
  TimeoutError,
} from "../errors.js";
import type { Frame } from "../protocol/frame.js";
import type { ProtocolWriter } from "../protocol/protocol-writer.js";
import { failedCall } from "../waiting/call.js";
import { checkCount, type DrainOptions, drainLimit, inTime } from "../waiting/deadline.js";
import { type Deferred, deferred } from "../waiting/deferred.js";
import type { Pings } from "./pings.js";
import type { WriteLoop } from "./write-loop.js";

/** One subscription of a connection. */
export class SubscriptionEntry implements Subscription {
  readonly subject: string;
  readonly queue: string | undefined;
  /** Number of the subscription in the protocol. */
  readonly sid: number;
  receiver: Receiver;
  readonly onError: ErrorHandler | undefined;
  /** Number of messages that ends it; 0 for no limit. */
  max: number;
  /** Number of messages that have arrived. */
  received = 0;
  /** Number of messages over earlier connections, which the current server has not counted. */
  receivedBefore = 0;
  /** Bytes written up to the end of its SUB; 0 if the greeting of a connection holds it. */
  position = 0;
  /** `true` if its SUB is in the write buffer when a connection begins. */
  waiting = false;
  /** `true` once the server has confirmed the subscription. */
  confirmed = false;
  /** The reason of its end, unless the user asked for it. */
  failure: NatsError | undefined;

  readonly #subscriptions: Subscriptions;
  #finished: Promise<void> | undefined;
  #drained: Promise<void> | undefined;
  readonly #closed: Deferred<NatsError | undefined> = deferred();

  constructor(
    subscriptions: Subscriptions,
    sid: number,
    subject: string,
    queue: string | undefined,
    receiver: Receiver,
    max: number,
    onError: ErrorHandler | undefined,
  ) {
    this.#subscriptions = subscriptions;
    this.sid = sid;
    this.subject = subject;
    this.queue = queue;
    this.receiver = receiver;
    this.max = max;
    this.onError = onError;
  }

  get closed(): Promise<NatsError | undefined> {
    return this.#closed.promise;
  }

  /** `true` once the server was asked to send no more. */
  get draining(): boolean {
    return this.#finished !== undefined;
  }

  unsubscribe(max?: number): void {
    if (max === undefined) this.#subscriptions.remove(this);
    else this.#subscriptions.limit(this, checkCount("max", max));
  }

  drain(options: DrainOptions = {}): Promise<void> {
    try {
      this.#drained ??= this.#subscriptions.drain(this, options);
      return this.#drained;
    } catch (error) {
      return failedCall(error, { report: (told) => this.onError?.(told) });
    }
  }

  /** Ends the subscription when its messages under way are handled, however long that takes. */
  finish(): Promise<void> {
    this.#finished ??= this.#subscriptions.finish(this);
    return this.#finished;
  }

  /** Ends the subscription when its last message is handled. */
  complete(): void {
    this.receiver = { ...this.receiver, receive() {} };
    this.#finished ??= this.#subscriptions.complete(this);
  }

  /** Ends the subscription with an error. */
  fail(error: NatsError): void {
    this.failure = error;
    this.unsubscribe();
    this.tell(error);
  }

  /** Gives a failure to the error handler, unless a caller or a loop gets it. */
  tell(error: NatsError): void {
    // Before that, subscribe() rejects with it.
    if (this.confirmed && !this.receiver.iterated) this.onError?.(error);
  }

  /** Notifies the receiver and `closed` of the end. */
  ended(): void {
    this.receiver.ended?.(this.failure);
    this.#closed.resolve(this.failure);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.unsubscribe();
  }
}

/**
 * Subscriptions of a connection by number. A number is reused only after the PONG that follows its UNSUB, so that no
 * late message reaches the wrong handler.
 */
export class Subscriptions {
  /** Number of messages that arrived, including those for subscriptions that have ended. */
  receivedMessages = 0;
  readonly #writeLoop: WriteLoop;
  readonly #writer: ProtocolWriter;
  readonly #pings: Pings;
  readonly #drainTimeout: number;
  readonly #entries: (SubscriptionEntry | undefined)[] = [undefined];
  readonly #freeSids: number[] = [];
  #count = 0;
  /** `true` from the loss of a connection to the next greeting, which holds the SUB of each subscription. */
  #away = false;
  /** Subscriptions that the server may still refuse, in the order of their SUBs. */
  #unanswered: SubscriptionEntry[] = [];
  /** Number of them that it has refused for their number. */
  #tooMany = 0;
  /** Called with each subscription that the server has refused. */
  onRefused: (entry: SubscriptionEntry, error: NatsError) => void = () => {};

  /**
   * @param writeLoop Writes SUB and UNSUB.
   * @param pings Confirms when a number is free again.
   * @param drainTimeout Milliseconds that a drain may take.
   */
  constructor(writeLoop: WriteLoop, pings: Pings, drainTimeout: number) {
    this.#writeLoop = writeLoop;
    this.#writer = writeLoop.writer;
    this.#pings = pings;
    this.#drainTimeout = drainTimeout;
    pings.beforeAnswer = (position) => this.#answered(position);
  }

  /** Number of subscriptions. */
  get count(): number {
    return this.#count;
  }

  /**
   * Writes a SUB.
   *
   * @param subject A checked subject.
   * @param queue A checked name of a queue group.
   * @param receiver Receives the messages.
   * @param max Number of messages that ends it; 0 for no limit.
   * @param onError Error handler of the subscription.
   */
  add(
    subject: string,
    queue: string | undefined,
    receiver: Receiver,
    max = 0,
    onError?: ErrorHandler,
  ): SubscriptionEntry {
    const sid = this.#freeSids.at(-1) ?? this.#entries.length;
    const entry = new SubscriptionEntry(this, sid, subject, queue, receiver, max, onError);
    if (!this.#away) this.#subscribe(entry);
    this.#freeSids.pop();
    this.#entries[sid] = entry;
    this.#count++;
    return entry;
  }

  #subscribe(entry: SubscriptionEntry): void {
    const { subject, queue, sid, max } = entry;
    this.#writer.subscribe(subject, queue, sid);
    entry.position = this.#writeLoop.written;
    entry.waiting = !this.#writeLoop.connected;
    this.#unanswered.push(entry);
    if (max > 0) this.#writer.unsubscribe(sid, max);
    this.#writeLoop.wake();
  }

  /**
   * Waits until the server has confirmed a subscription, across reconnections too.
   *
   * @param entry The subscription.
   * @param signal Signal that may have ended it.
   * @param ensureOpening Throws when the connection is closed.
   * @throws PermissionViolationError, ConnectionError, ConnectionClosedError, or the signal's reason.
   */
  async confirmed(
    entry: SubscriptionEntry,
    signal: AbortSignal | undefined,
    ensureOpening: () => void,
  ): Promise<SubscriptionEntry> {
    if (!entry.confirmed) {
      // One race for all attempts: a promise keeps the reactions of every race that it is in.
      const answered = this.#asked(entry, ensureOpening);
      const ended = entry.closed.then(() => false);
      const confirmed = await Promise.race([answered, ended]);
      entry.confirmed = true;
      if (!confirmed && entry.failure === undefined) ensureOpening();
    }
    if (entry.failure !== undefined) throw entry.failure;
    signal?.throwIfAborted();
    return entry;
  }

  /** @returns `true` if the server answered a PING while the subscription existed. */
  async #asked(entry: SubscriptionEntry, ensureOpening: () => void): Promise<boolean> {
    do {
      ensureOpening();
      try {
        await this.#pings.ask();
        return true;
      } catch (error) {
        if (!(error instanceof DisconnectedError)) throw error;
      }
    } while (this.#entries[entry.sid] === entry);
    return false;
  }

  /** Writes an UNSUB, unless the subscription has ended already. */
  remove(entry: SubscriptionEntry): void {
    if (this.#entries[entry.sid] !== entry) return;
    this.#forget(entry);
    // A serializer may end subscriptions, but nothing can be written while it runs.
    if (this.#writer.busy) queueMicrotask(() => this.#unsubscribe(entry));
    else this.#unsubscribe(entry);
  }

  /** Writes an UNSUB with the number of messages that ends the subscription. */
  limit(entry: SubscriptionEntry, max: number): void {
    if (this.#entries[entry.sid] !== entry || entry.draining) return;
    const reached = entry.received >= max;
    entry.max = max;
    const tell = () => {
      this.#writeUnsubscribe(entry, reached ? undefined : max - entry.receivedBefore);
      this.#writeLoop.wake();
    };
    if (this.#writer.busy) queueMicrotask(tell);
    else tell();
    if (reached) entry.complete();
  }

  /** Removes a subscription that the server has ended, when its messages are handled. */
  async complete(entry: SubscriptionEntry): Promise<void> {
    // After a reconnection the server may have counted from a limit that was not reduced.
    if (entry.receivedBefore > 0) this.#writeUnsubscribe(entry);
    await entry.receiver.idle?.();
    this.remove(entry);
  }

  #unsubscribe(entry: SubscriptionEntry): void {
    if (!entry.draining) this.#writeUnsubscribe(entry);
    this.#pings.atNextPong(() => this.#freeSids.push(entry.sid));
    this.#writeLoop.wake();
  }

  /** Writes an UNSUB, unless the next server will not know the subscription. */
  #writeUnsubscribe(entry: SubscriptionEntry, max?: number): void {
    if (!this.#away || entry.waiting) this.#writer.unsubscribe(entry.sid, max);
  }

  /**
   * Ends a subscription when its messages under way are handled, or the time is over.
   *
   * @throws InvalidArgumentError for an invalid limit.
   */
  drain(entry: SubscriptionEntry, options: DrainOptions): Promise<void> {
    const timeout = drainLimit(options, this.#drainTimeout);
    return this.#drainInTime(entry, timeout);
  }

  async #drainInTime(entry: SubscriptionEntry, timeout: number): Promise<void> {
    if (await inTime(Promise.race([entry.finish(), entry.closed]), timeout)) return;
    this.remove(entry);
    entry.onError?.(
      new TimeoutError(
        `The subscription to "${entry.subject}" was not drained within ${timeout} ms (drainTimeout). It has ended, and a handler may still be running.`,
      ),
    );
  }

  /** Writes an UNSUB, and removes the subscription when the messages sent before it are handled. */
  async finish(entry: SubscriptionEntry): Promise<void> {
    if (this.#entries[entry.sid] !== entry) return;
    this.#writeUnsubscribe(entry);
    await this.#pings.passed();
    if (entry.receiver.idle !== undefined) {
      await entry.receiver.idle();
      // Handlers may have answered or acknowledged at their end.
      await this.#pings.passed();
    }
    this.remove(entry);
  }

  /** Finishes all subscriptions. @param except Returns `true` for those that stay. */
  async finishAll(except: (entry: SubscriptionEntry) => boolean): Promise<void> {
    const finishing = this.#entries.map((entry) =>
      entry === undefined || except(entry) ? undefined : entry.finish(),
    );
    await Promise.all(finishing);
  }

  /**
   * Delivers a message to its subscription.
   *
   * Hot: called for every message.
   *
   * @param frame The message, borrowed.
   */
  dispatch(frame: Frame): void {
    this.receivedMessages++;
    const entry = this.#entries[frame.sid];
    if (entry === undefined) return;
    const last = ++entry.received === entry.max;
    entry.receiver.receive(frame);
    if (last) entry.complete();
  }

  /**
   * Ends a subscription that the server refused.
   *
   * @param sid Number of the subscription, if the server gave it.
   * @returns `true` if there is such a subscription.
   */
  refuse(
    subject: string,
    queue: string | undefined,
    sid: number | undefined,
    error: NatsError,
  ): boolean {
    const entry = this.#entries.find(
      (one) =>
        one?.subject === subject && (sid === undefined ? one.queue === queue : one.sid === sid),
    );
    if (entry === undefined) return false;
    this.#unanswered = this.#unanswered.filter((one) => one !== entry);
    this.#refuse(entry, error);
    return true;
  }

  #refuse(entry: SubscriptionEntry, error: NatsError): void {
    entry.failure = error;
    this.#forget(entry);
    this.#pings.atNextPong(() => this.#freeSids.push(entry.sid));
    this.onRefused(entry, error);
  }

  /**
   * Notes that the server has refused a subscription because it has too many. It does not say which one; it answers
   * in order, so that before the next PONG the last ones are meant.
   */
  overLimit(): void {
    this.#tooMany++;
    // What only a request has subscribed is not followed by a PING.
    void this.#pings.ask();
  }

  /** Handles the PONG of a handshake. */
  greeted(): void {
    this.#answered(0);
  }

  /** Handles a PONG. @param position Bytes written up to the end of its PING. */
  #answered(position: number): void {
    if (this.#unanswered.length === 0) return;
    const answered = this.#unanswered.filter((entry) => entry.position <= position);
    this.#unanswered = this.#unanswered.filter((entry) => entry.position > position);
    if (this.#tooMany === 0) return;
    const refused = answered.slice(-this.#tooMany);
    this.#tooMany = 0;
    const open = refused.filter((entry) => this.#entries[entry.sid] === entry);
    const limit = this.#count - open.length;
    for (const entry of open) this.#refuse(entry, new SubscriptionLimitError(entry.subject, limit));
  }

  /** Follows the loss of a connection. @param position Bytes handed to it; a SUB behind that will still be sent. */
  lost(position: number): void {
    this.#away = true;
    this.#tooMany = 0;
    for (const entry of this.#entries) {
      if (entry !== undefined) entry.waiting = entry.position > position;
    }
    this.#unanswered = this.#unanswered.filter((entry) => entry.waiting);
  }

  /** Follows the removal of a waiting message. @param position Bytes written up to its end. @param bytes Its size. */
  removed(position: number, bytes: number): void {
    for (const entry of new Set([...this.#entries, ...this.#unanswered])) {
      if (entry !== undefined && entry.position > position) entry.position -= bytes;
    }
  }

  /**
   * @returns The SUB commands for a new connection: of all subscriptions but those whose SUB waits in the write
   *   buffer.
   */
  resubscribe(): string {
    let text = "";
    this.#away = false;
    this.#tooMany = 0;
    const waiting = this.#unanswered.filter((entry) => entry.waiting);
    this.#unanswered = [];
    for (const entry of this.#entries) {
      if (entry === undefined || entry.draining || entry.waiting) continue;
      entry.position = 0;
      this.#unanswered.push(entry);
      const queue = entry.queue === undefined ? "" : ` ${entry.queue}`;
      text += `SUB ${entry.subject}${queue} ${entry.sid}\r\n`;
      entry.receivedBefore = entry.received;
      if (entry.max > 0) text += `UNSUB ${entry.sid} ${entry.max - entry.received}\r\n`;
    }
    this.#unanswered.push(...waiting);
    return text;
  }

  /**
   * Ends all subscriptions without UNSUB.
   *
   * @param failure The reason, unless the user asked for the end.
   */
  end(failure: NatsError | undefined): void {
    for (const entry of this.#entries) {
      if (entry === undefined) continue;
      entry.failure = failure;
      this.#forget(entry);
    }
    this.#entries.length = 1;
    this.#freeSids.length = 0;
    this.#unanswered = [];
    this.#away = false;
  }

  #forget(entry: SubscriptionEntry): boolean {
    if (this.#entries[entry.sid] !== entry) return false;
    this.#entries[entry.sid] = undefined;
    this.#count--;
    entry.ended();
    return true;
  }
}
