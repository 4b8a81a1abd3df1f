import { deferred } from "./commands/deferred.js";
import type { SubscriptionEntry } from "./connection/subscriptions.js";
import { MessagesDroppedError, type NatsError } from "./errors.js";
import type { MessagesOptions, NatsMessage, NatsMessages } from "./nats-command.js";

const DEFAULT_MAX_BUFFERED = 65_536;

/** Who can stop the reading of a connection. */
interface Gate {
  hold(holder: object): void;
  release(holder: object): void;
}

/** Messages between a connection that delivers them and a loop that takes them. */
export class MessageQueue<T> implements NatsMessages<T> {
  dropped = 0;

  readonly #maxBuffered: number;
  readonly #whenFull: "dropNewest" | "dropOldest" | "pause";
  readonly #gate: Gate;
  readonly #report: (error: NatsError) => void;
  readonly #ready = deferred();
  #buffered: (NatsMessage<T> | undefined)[] = [];
  /** Where the oldest message lies in {@link #buffered}. */
  #first = 0;
  #waiting: ((result: IteratorResult<NatsMessage<T>, undefined>) => void)[] = [];
  #failing: ((reason: unknown) => void)[] = [];
  #entry: SubscriptionEntry | undefined;
  #ended = false;
  #failure: unknown;
  #full = false;

  /**
   * @param options How much may wait, and what happens to more.
   * @param gate Stops and starts the reading.
   * @param report Told when messages begin to be dropped.
   */
  constructor(options: MessagesOptions<T>, gate: Gate, report: (error: NatsError) => void) {
    this.#maxBuffered = options.maxBuffered ?? DEFAULT_MAX_BUFFERED;
    this.#whenFull = options.whenFull ?? "dropNewest";
    this.#gate = gate;
    this.#report = report;
  }

  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** @param entry The subscription; @param confirmed Settles when the server listens, or refused to. */
  start(entry: SubscriptionEntry, confirmed: Promise<unknown>): void {
    this.#entry = entry;
    confirmed.then(
      () => this.#ready.resolve(),
      (error: unknown) => this.fail(error),
    );
    void entry.closed.then(() => this.#end(entry.failure));
  }

  /** The subscription could not be made. */
  fail(error: unknown): void {
    this.#end(error);
  }

  /** A message arrived. */
  push(message: NatsMessage<T>): void {
    const taker = this.#waiting.shift();
    if (taker !== undefined) {
      this.#failing.shift();
      taker({ done: false, value: message });
      return;
    }
    if (this.#buffered.length - this.#first >= this.#maxBuffered && !this.#makeRoom(message)) {
      return;
    }
    this.#buffered.push(message);
  }

  next(): Promise<IteratorResult<NatsMessage<T>, undefined>> {
    const message = this.#take();
    if (message !== undefined) return Promise.resolve({ done: false, value: message });
    if (this.#failure !== undefined) {
      const failure = this.#failure;
      this.#failure = undefined;
      return Promise.reject(failure);
    }
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve, reject) => {
      this.#waiting.push(resolve);
      this.#failing.push(reject);
    });
  }

  async return(): Promise<IteratorResult<NatsMessage<T>, undefined>> {
    this.unsubscribe();
    this.#buffered = [];
    this.#first = 0;
    this.#failure = undefined;
    this.#end(undefined);
    return { done: true, value: undefined };
  }

  unsubscribe(): void {
    this.#entry?.unsubscribe();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  #take(): NatsMessage<T> | undefined {
    if (this.#first === this.#buffered.length) return undefined;
    const message = this.#buffered[this.#first];
    this.#buffered[this.#first++] = undefined;
    const left = this.#buffered.length - this.#first;
    if (this.#first >= 1024 || left === 0) {
      this.#buffered = this.#buffered.slice(this.#first);
      this.#first = 0;
    }
    if (this.#full && left <= this.#maxBuffered / 2) {
      this.#full = false;
      this.#gate.release(this);
    }
    return message;
  }

  /** @returns Whether the message is to be kept. */
  #makeRoom(message: NatsMessage<T>): boolean {
    const begins = !this.#full;
    this.#full = true;
    if (this.#whenFull === "pause") {
      if (begins) this.#gate.hold(this);
      return true;
    }
    this.dropped++;
    if (begins) {
      this.#report(
        new MessagesDroppedError(
          `The loop over "${this.#entry?.subject}" is too slow: ${this.#maxBuffered} messages wait, and the next is lost ("${message.subject}"). Take them faster, raise maxBuffered, or choose whenFull: "pause".`,
          this.dropped,
        ),
      );
    }
    if (this.#whenFull === "dropNewest") return false;
    this.#buffered[this.#first++] = undefined;
    return true;
  }

  #end(failure: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#failure = failure;
    if (failure === undefined) this.#ready.resolve();
    else this.#ready.reject(failure);
    this.#gate.release(this);
    const waiting = this.#waiting;
    const failing = this.#failing;
    this.#waiting = [];
    this.#failing = [];
    waiting.forEach((resolve, index) => {
      if (index === 0 && failure !== undefined) {
        this.#failure = undefined;
        failing[0]!(failure);
      } else {
        resolve({ done: true, value: undefined });
      }
    });
  }
}
