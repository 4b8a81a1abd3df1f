import { type Deferred, deferred } from "../commands/deferred.js";
import type { NatsError } from "../errors.js";
import type { ErrorHandler, Subscription } from "../nats-command.js";
import type { Frame } from "../protocol/frame.js";
import type { ProtocolWriter } from "../protocol/protocol-writer.js";
import type { Pings } from "./pings.js";
import type { WriteLoop } from "./write-loop.js";

/** Takes a message. The frame is borrowed. */
export type Deliver = (frame: Frame) => void;

/** One SUB. */
export class SubscriptionEntry implements Subscription {
  readonly subject: string;
  readonly queue: string | undefined;
  /** The subscription's number on the wire. */
  readonly sid: number;
  readonly deliver: Deliver;
  readonly onError: ErrorHandler | undefined;
  /** Why the server refused it. */
  failure: NatsError | undefined;

  readonly #subscriptions: Subscriptions;
  readonly #closed: Deferred = deferred();

  constructor(
    subscriptions: Subscriptions,
    sid: number,
    subject: string,
    queue: string | undefined,
    deliver: Deliver,
    onError: ErrorHandler | undefined,
  ) {
    this.#subscriptions = subscriptions;
    this.sid = sid;
    this.subject = subject;
    this.queue = queue;
    this.deliver = deliver;
    this.onError = onError;
  }

  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  unsubscribe(): void {
    this.#subscriptions.remove(this);
  }

  /** Settles {@link closed}. */
  ended(): void {
    this.#closed.resolve();
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
   * @param deliver Called for each message; what it throws goes nowhere.
   * @param onError Where errors of this subscription go.
   */
  add(
    subject: string,
    queue: string | undefined,
    deliver: Deliver,
    onError?: ErrorHandler,
  ): SubscriptionEntry {
    const sid = this.#freeSids.pop() ?? this.#entries.length;
    this.#writer.subscribe(subject, queue, sid);
    this.#writeLoop.wake();
    const entry = new SubscriptionEntry(this, sid, subject, queue, deliver, onError);
    this.#entries[sid] = entry;
    this.#count++;
    return entry;
  }

  /** Writes an UNSUB, unless the subscription has ended already. */
  remove(entry: SubscriptionEntry): void {
    if (!this.#forget(entry)) return;
    this.#writer.unsubscribe(entry.sid);
    this.#pings.atNextPong(() => this.#freeSids.push(entry.sid));
    this.#writeLoop.wake();
  }

  /** Hands a message to its subscription. */
  dispatch(frame: Frame): void {
    this.#entries[frame.sid]?.deliver(frame);
  }

  /**
   * The server refused a subscription.
   *
   * @returns The subscription, which has ended by this; `undefined` when it is none of ours.
   */
  refuse(
    subject: string,
    queue: string | undefined,
    error: NatsError,
  ): SubscriptionEntry | undefined {
    const entry = this.#entries.find((one) => one?.subject === subject && one.queue === queue);
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
      if (entry === undefined) continue;
      const queue = entry.queue === undefined ? "" : ` ${entry.queue}`;
      text += `SUB ${entry.subject}${queue} ${entry.sid}\r\n`;
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
