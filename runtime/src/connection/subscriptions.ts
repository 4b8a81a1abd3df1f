import type { ErrorHandler } from "../commands/options.js";
import type { Subscription } from "../commands/subscription.js";
import type { Receiver } from "../delivery/receiver.js";
import { DisconnectedError, type NatsError } from "../errors.js";
import type { Frame } from "../protocol/frame.js";
import type { ProtocolWriter } from "../protocol/protocol-writer.js";
import { checkCount } from "../waiting/deadline.js";
import { type Deferred, deferred } from "../waiting/deferred.js";
import type { Pings } from "./pings.js";
import type { WriteLoop } from "./write-loop.js";

/** One SUB. */
export class SubscriptionEntry implements Subscription {
  readonly subject: string;
  readonly queue: string | undefined;
  /** The subscription's number on the wire. */
  readonly sid: number;
  receiver: Receiver;
  readonly onError: ErrorHandler | undefined;
  /** How many messages end it; 0 for no such number. */
  max: number;
  /** Messages that have arrived. */
  received = 0;
  /** Those of them that came over earlier connections, of which the server in use knows nothing. */
  receivedBefore = 0;
  /** Whether the server has said that it listens. */
  confirmed = false;
  /** Why it ended, unless that was asked for. */
  failure: NatsError | undefined;

  readonly #subscriptions: Subscriptions;
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

  /** Whether the server was told to send no more. */
  get draining(): boolean {
    return this.#drained !== undefined;
  }

  unsubscribe(max?: number): void {
    if (max === undefined) this.#subscriptions.remove(this);
    else this.#subscriptions.limit(this, checkCount("max", max));
  }

  drain(): Promise<void> {
    this.#drained ??= this.#subscriptions.drain(this);
    return this.#drained;
  }

  /** All messages that there were to be have arrived: it ends when they are done. */
  complete(): void {
    this.receiver = { ...this.receiver, receive() {} };
    this.#drained ??= this.#subscriptions.complete(this);
  }

  /** Ends it for a reason that nobody asked for. */
  fail(error: NatsError): void {
    this.failure = error;
    this.unsubscribe();
    this.tell(error);
  }

  /** Tells the error handler of a failure, unless somebody learns of it otherwise. */
  tell(error: NatsError): void {
    // Who still waits for the subscription gets it there.
    if (this.confirmed && !this.receiver.iterated) this.onError?.(error);
  }

  /** Tells who is concerned that it has ended. */
  ended(): void {
    this.receiver.ended?.(this.failure);
    this.#closed.resolve(this.failure);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.unsubscribe();
  }
}

/**
 * The subscriptions of a connection, found by their number. A number is used again only after the PONG
 * that follows its UNSUB, so that no late message reaches the wrong handler.
 */
export class Subscriptions {
  /** Number of messages that arrived, also for subscriptions that have ended. */
  receivedMessages = 0;
  readonly #writeLoop: WriteLoop;
  readonly #writer: ProtocolWriter;
  readonly #pings: Pings;
  readonly #entries: (SubscriptionEntry | undefined)[] = [undefined];
  readonly #freeSids: number[] = [];
  #count = 0;

  /**
   * @param writeLoop Where SUB and UNSUB are written.
   * @param pings Tells when a number is free again.
   */
  constructor(writeLoop: WriteLoop, pings: Pings) {
    this.#writeLoop = writeLoop;
    this.#writer = writeLoop.writer;
    this.#pings = pings;
  }

  /** How many there are. */
  get count(): number {
    return this.#count;
  }

  /**
   * Writes a SUB.
   *
   * @param subject A checked subject.
   * @param queue A checked name of a queue group.
   * @param receiver Gets the messages.
   * @param max How many messages end it; 0 for no such number.
   * @param onError Where errors of this subscription go.
   */
  add(
    subject: string,
    queue: string | undefined,
    receiver: Receiver,
    max = 0,
    onError?: ErrorHandler,
  ): SubscriptionEntry {
    const sid = this.#freeSids.at(-1) ?? this.#entries.length;
    this.#writer.subscribe(subject, queue, sid);
    if (max > 0) this.#writer.unsubscribe(sid, max);
    this.#freeSids.pop();
    this.#writeLoop.wake();
    const entry = new SubscriptionEntry(this, sid, subject, queue, receiver, max, onError);
    this.#entries[sid] = entry;
    this.#count++;
    return entry;
  }

  /**
   * Waits until the server has a subscription, also when the connection is lost meanwhile.
   *
   * @param entry The subscription.
   * @param signal What ended it, where it was aborted.
   * @param ensureOpening Throws when the connection is closed for good.
   * @throws PermissionViolationError, ConnectionError, ConnectionClosedError, or the signal's reason.
   */
  async confirmed(
    entry: SubscriptionEntry,
    signal: AbortSignal | undefined,
    ensureOpening: () => void,
  ): Promise<SubscriptionEntry> {
    if (!entry.confirmed) {
      // One race for all attempts: what lost a race stays with what it raced against.
      const answered = this.#answered(entry, ensureOpening);
      const ended = entry.closed.then(() => false);
      const confirmed = await Promise.race([answered, ended]);
      entry.confirmed = true;
      if (!confirmed && entry.failure === undefined) ensureOpening();
    }
    if (entry.failure !== undefined) throw entry.failure;
    signal?.throwIfAborted();
    return entry;
  }

  /** @returns Whether the server answered a PING while the subscription was there. */
  async #answered(entry: SubscriptionEntry, ensureOpening: () => void): Promise<boolean> {
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
    // A serializer that is at work may end subscriptions, but nothing can be written beside it.
    if (this.#writer.busy) queueMicrotask(() => this.#unsubscribe(entry));
    else this.#unsubscribe(entry);
  }

  /** Writes an UNSUB with a number of messages. */
  limit(entry: SubscriptionEntry, max: number): void {
    if (this.#entries[entry.sid] !== entry || entry.draining) return;
    const reached = entry.received >= max;
    entry.max = max;
    const tell = () => {
      this.#writer.unsubscribe(entry.sid, reached ? undefined : max - entry.receivedBefore);
      this.#writeLoop.wake();
    };
    if (this.#writer.busy) queueMicrotask(tell);
    else tell();
    if (reached) entry.complete();
  }

  /** Forgets a subscription that the server has ended, when what it sent is done. */
  async complete(entry: SubscriptionEntry): Promise<void> {
    // A limit that was set before the connection was lost may have reached the server late, and unreduced.
    if (entry.receivedBefore > 0) this.#writer.unsubscribe(entry.sid);
    await entry.receiver.idle?.();
    this.remove(entry);
  }

  #unsubscribe(entry: SubscriptionEntry): void {
    if (!entry.draining) this.#writer.unsubscribe(entry.sid);
    this.#pings.atNextPong(() => this.#freeSids.push(entry.sid));
    this.#writeLoop.wake();
  }

  /** Writes an UNSUB, and forgets the subscription when what the server sent before it is done. */
  async drain(entry: SubscriptionEntry): Promise<void> {
    if (this.#entries[entry.sid] !== entry) return;
    this.#writer.unsubscribe(entry.sid);
    // A lost connection delivers no more either.
    await this.#pings.ask().catch(() => {});
    await entry.receiver.idle?.();
    this.remove(entry);
  }

  /** Drains all subscriptions. @param except Those that stay. */
  async drainAll(except: (entry: SubscriptionEntry) => boolean): Promise<void> {
    const draining = this.#entries.map((entry) =>
      entry === undefined || except(entry) ? undefined : entry.drain(),
    );
    await Promise.all(draining);
  }

  /** Hands a message to its subscription. */
  dispatch(frame: Frame): void {
    this.receivedMessages++;
    const entry = this.#entries[frame.sid];
    if (entry === undefined) return;
    const last = ++entry.received === entry.max;
    entry.receiver.receive(frame);
    if (last) entry.complete();
  }

  /**
   * The server refused a subscription.
   *
   * @param sid Its number, where the server gave it.
   * @returns The subscription, which has ended by this; `undefined` when it is none of ours.
   */
  refuse(
    subject: string,
    queue: string | undefined,
    sid: number | undefined,
    error: NatsError,
  ): SubscriptionEntry | undefined {
    const entry = this.#entries.find(
      (one) =>
        one?.subject === subject && (sid === undefined ? one.queue === queue : one.sid === sid),
    );
    if (entry === undefined) return undefined;
    entry.failure = error;
    this.#forget(entry);
    this.#pings.atNextPong(() => this.#freeSids.push(entry.sid));
    return entry;
  }

  /** @returns The SUB commands of all subscriptions, for a new connection. */
  resubscribe(): string {
    let text = "";
    for (const entry of this.#entries) {
      if (entry === undefined || entry.draining) continue;
      const queue = entry.queue === undefined ? "" : ` ${entry.queue}`;
      text += `SUB ${entry.subject}${queue} ${entry.sid}\r\n`;
      entry.receivedBefore = entry.received;
      if (entry.max > 0) text += `UNSUB ${entry.sid} ${entry.max - entry.received}\r\n`;
    }
    return text;
  }

  /**
   * Ends all subscriptions without telling the server.
   *
   * @param failure Why, unless that is what was asked for.
   */
  end(failure: NatsError | undefined): void {
    for (const entry of this.#entries) {
      if (entry === undefined) continue;
      entry.failure = failure;
      this.#forget(entry);
    }
    this.#entries.length = 1;
    this.#freeSids.length = 0;
  }

  #forget(entry: SubscriptionEntry): boolean {
    if (this.#entries[entry.sid] !== entry) return false;
    this.#entries[entry.sid] = undefined;
    this.#count--;
    entry.ended();
    return true;
  }
}
