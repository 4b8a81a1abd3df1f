import { checkFunction, checkOptions } from "../arguments.js";
import type {
  ErrorHandler,
  NatsCommand,
  RawMessage,
  Subscription,
} from "../commands/nats-command.js";
import { errorHandler } from "../delivery/error-handler.js";
import { ConnectionClosedError, DeserializeError, PermissionViolationError } from "../errors.js";
import { offAbort, onAbort } from "../waiting/abort.js";
import { callOf } from "../waiting/call.js";
import { checkCount, checkTimeout } from "../waiting/deadline.js";
import { type Deferred, deferred } from "../waiting/deferred.js";
import { ANSWER_WAIT, api, streamOf } from "./api.js";
import { checkFrom, checkName } from "./check.js";
import {
  type ConsumerInfo,
  type From,
  findMissing,
  isAwayAtFirst,
  isClosing,
  persistently,
} from "./consumer.js";
import { Direct } from "./direct.js";
import { Push } from "./push.js";
import type { AnyMessage, Reading } from "./reading.js";
import type { Replay, ReplayOptions } from "./replay-options.js";
import type { ReplaySource, SourceReceiver } from "./replay-source.js";
import type { Metadata } from "./stored.js";

/**
 * A replay with temporary consumers: if one is lost, or skips a message, another continues after
 * the last message that has arrived.
 */
export class OrderedReplay implements Replay<AnyMessage> {
  readonly #nats: NatsCommand;
  readonly #report: ErrorHandler;
  readonly #reading: Reading;
  readonly #options: ReplayOptions;
  readonly #live: boolean;
  #stream: string | undefined;
  /** `true` once the connection has taken a command of the replay. */
  #begun = false;
  #push: ReplaySource | undefined;
  /** `true` to read by direct gets. */
  #isDirect: boolean;
  /** The stream's sequence up to which everything has arrived; `undefined` before it is known. */
  #last: number | undefined;
  /** The stream's sequence up to which consumers have checked; everything that they found has arrived. */
  #checked = 0;
  /** The stream's sequence up to which a consumer must have checked before the replay may end. */
  #until = 0;
  /** `true` when all messages that existed at the start have arrived. */
  #caughtUp = false;
  /** `true` until it is known that the consumer starts at the right place. */
  #starting = false;
  /** Messages that were not taken yet, starting at {@link #taken}. */
  #buffer: AnyMessage[] = [];
  #taken = 0;
  #waiting: Deferred | undefined;
  /** `true` after the last message. */
  #ended = false;
  #failure: { readonly error: unknown } | undefined;
  readonly #abort = (): void => this.#end({ error: this.#options.signal?.reason });

  constructor(nats: NatsCommand, reading: Reading, options: ReplayOptions) {
    checkOptions(options);
    const { from, heartbeat = 1_000, live = true, stream = reading.stream, signal } = options;
    checkFrom(from);
    if (stream !== undefined) checkName("stream", stream);
    checkTimeout(heartbeat);
    if (options.onError !== undefined) checkFunction("onError", options.onError);
    this.#nats = nats;
    this.#report = errorHandler(options, (error) => nats.report(error));
    this.#reading = reading;
    this.#options = options;
    this.#live = live;
    this.#isDirect = options.direct === true;
    this.#stream = stream;
    if (signal?.aborted) this.#abort();
    else {
      if (signal !== undefined) onAbort(signal, this.#abort);
      void this.#begin();
    }
  }

  next(): Promise<IteratorResult<AnyMessage, undefined>> {
    if (this.#taken < this.#buffer.length) return Promise.resolve(this.#take());
    return callOf(() => this.#next(), { report: this.#report });
  }

  async #next(): Promise<IteratorResult<AnyMessage, undefined>> {
    while (this.#taken === this.#buffer.length) {
      if (this.#failure !== undefined) throw this.#failure.error;
      if (this.#ended) return { done: true, value: undefined };
      await this.#more();
    }
    return this.#take();
  }

  #take(): IteratorResult<AnyMessage, undefined> {
    const value = this.#buffer[this.#taken++]!;
    this.#push?.take(1);
    if (this.#taken === COMPACT_AT) {
      this.#buffer = this.#buffer.slice(this.#taken);
      this.#taken = 0;
    }
    return { done: false, value };
  }

  async return(): Promise<IteratorResult<AnyMessage, undefined>> {
    this.end();
    return { done: true, value: undefined };
  }

  batches(most = 1_000): AsyncGenerator<readonly AnyMessage[], void> {
    return this.#inBatches(checkCount("most", most));
  }

  async *#inBatches(most: number): AsyncGenerator<readonly AnyMessage[], void> {
    try {
      for (;;) {
        const there = this.#buffer.length - this.#taken;
        if (there === 0) {
          if (this.#failure !== undefined) throw this.#failure.error;
          if (this.#ended) return;
          await this.#more();
          continue;
        }
        const batch = this.#buffer.slice(this.#taken, this.#taken + most);
        this.#taken += batch.length;
        if (this.#taken === this.#buffer.length) {
          this.#buffer = [];
          this.#taken = 0;
        }
        this.#push?.take(batch.length);
        yield batch;
      }
    } finally {
      this.end();
    }
  }

  end(): void {
    this.#buffer.length = this.#taken;
    this.#end(undefined);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.end();
  }

  #more(): Promise<void> {
    this.#waiting ??= deferred();
    return this.#waiting.promise;
  }

  #wake(): void {
    this.#waiting?.resolve();
    this.#waiting = undefined;
  }

  async #begin(): Promise<void> {
    try {
      await persistently(
        async () => {
          this.#stream ??= await this.#findStream();
          await this.#create();
        },
        () => !this.#ended,
        (error) => {
          const away = isAwayAtFirst(error);
          this.#begun ||= away;
          return away;
        },
      );
    } catch (error) {
      this.#fail(error);
    }
  }

  async #findStream(): Promise<string> {
    const { domain } = this.#options;
    const options = { domain, timeout: ANSWER_WAIT };
    const stream = await streamOf(this.#nats, this.#reading.filters[0]!, options);
    this.#begun = true;
    return stream;
  }

  /** Creates a consumer for the remaining messages. */
  async #create(): Promise<void> {
    const { domain } = this.#options;
    const from = this.#from();
    const { push, subscription, info } = await this.#start(from);
    const missing = await findMissing(this.#nats, from, info, domain, push.isExact);
    if (missing !== undefined && !this.#ended) this.#report(missing);
    if (!this.#live) await this.#findLast(push, info);
    if (this.#ended) push.end();
    // It may be lost by now, and replaced by another one.
    if (push !== this.#push || this.#ended) return;
    this.#starting = false;
    if (info.delivered.consumer_seq === 0) this.#pass(info.delivered.stream_seq);
    // Messages that arrived before the server's reply were pending as well.
    const nothing = info.num_pending + info.delivered.consumer_seq === 0;
    if (nothing || this.#caughtUp) this.#nothingPending(push);
    // It may have found in the meantime that nothing matches.
    else if (!push.isExact) void this.#checkEnd(push);
    void subscription.closed.then((error) => {
      if (this.#push === push) this.#end(error && { error });
    });
  }

  /** Starts a consumer; or direct gets, if they are requested or the user may not create consumers. */
  async #start(from: From): Promise<Started> {
    const push = this.#source(from);
    this.#push = push;
    this.#starting = true;
    const subscription = await push.listen();
    this.#begun = true;
    try {
      const info = await push.create(this.#buffer.length - this.#taken);
      return { push, subscription, info };
    } catch (error) {
      const isRefused = error instanceof PermissionViolationError && !this.#isDirect;
      if (!isRefused || this.#options.direct === false) throw error;
      this.#isDirect = true;
      return await this.#start(from).catch((second: unknown) => {
        this.#isDirect = false;
        // The user may not do either: the usual way is the one to permit.
        throw second instanceof PermissionViolationError ? error : second;
      });
    }
  }

  #source(from: From): ReplaySource {
    const { domain, heartbeat = 1_000 } = this.#options;
    const { filters, subjects } = this.#reading;
    const shared = { stream: this.#stream!, filters, from, heartbeat, domain };
    const receiver: SourceReceiver = {
      message: (frame, delivery) => this.#receive(source, frame, delivery),
      idle: (sequence) => {
        // Messages of other channels count as well.
        this.#pass(sequence);
        void this.#checkEnd(source);
      },
      lost: () => void this.#renew(source),
      failed: (error) => this.#end({ error }),
    };
    // A replay that ends waits for a sign of an idle consumer.
    const pulse = this.#live ? heartbeat : Math.min(heartbeat, SHORT_PULSE);
    const source: ReplaySource = this.#isDirect
      ? new Direct(this.#nats, { ...shared, subjects, live: this.#live }, receiver)
      : new Push(this.#nats, { ...shared, pulse }, receiver);
    return source;
  }

  /**
   * Finds the last sequence for a replay that ends. The consumer may be on a replica that is behind the stream's leader.
   */
  async #findLast(push: ReplaySource, { cluster }: ConsumerInfo): Promise<void> {
    if (cluster === undefined) return;
    const { domain } = this.#options;
    const options = { domain, timeout: ANSWER_WAIT };
    try {
      const info = await persistently(
        () => api<StreamInfo>(this.#nats, `STREAM.INFO.${this.#stream}`, undefined, options),
        () => !this.#ended && push === this.#push,
      );
      if (info?.cluster?.replicas) this.#until = info.state.last_seq;
    } catch (error) {
      // Without the permission, the replay ends with the replica's last message.
      if (!(error instanceof PermissionViolationError)) throw error;
    }
  }

  #from(): From {
    const { from } = this.#options;
    if (this.#last === undefined) return from;
    // The latest messages of each subject are not consecutive; those that have arrived are skipped.
    if (from === "lastPerSubject" && !this.#caughtUp) return from;
    return { sequence: this.#last + 1 };
  }

  /** Marks everything up to a sequence as done: another consumer starts after it. */
  #pass(sequence: number): void {
    const { from } = this.#options;
    // Direct gets from a time know no position before the first message.
    if (sequence === 0 && typeof from === "object" && "time" in from) return;
    this.#checked = Math.max(this.#checked, sequence);
    // The latest messages of each subject are not consecutive.
    if (from === "lastPerSubject" && !this.#caughtUp) return;
    this.#last = Math.max(this.#last ?? 0, sequence);
  }

  #receive(push: ReplaySource, frame: RawMessage, delivery: Metadata): void {
    if (delivery.sequence <= (this.#last ?? 0)) {
      push.take(1);
    } else {
      this.#last = delivery.sequence;
      this.#checked = delivery.sequence;
      const { subject } = frame;
      let message: AnyMessage | undefined;
      try {
        message = this.#reading.read(frame, subject, delivery);
      } catch (cause) {
        this.#report(new DeserializeError(subject, cause));
      }
      if (message === undefined) push.take(1);
      else {
        this.#buffer.push(message);
        if (this.#waiting !== undefined) this.#wake();
      }
    }
    if (delivery.pending === 0) this.#nothingPending(push);
  }

  #nothingPending(push: ReplaySource): void {
    this.#caughtUp = true;
    if (this.#live || this.#starting) return;
    if (this.#checked >= this.#until) this.#end(undefined);
    else void this.#checkEnd(push);
  }

  /**
   * Checks for the end, because pending messages may have been removed from the stream, and messages after the last
   * one may be on other subjects.
   */
  async #checkEnd(push: ReplaySource): Promise<void> {
    if (this.#live) return;
    try {
      const sequence = await push.findComplete();
      if (sequence === undefined || push !== this.#push || this.#starting) return;
      this.#caughtUp = true;
      this.#pass(sequence);
      if (this.#checked >= this.#until) this.#end(undefined);
    } catch (error) {
      // Other errors are tried again after the next pause.
      if (error instanceof PermissionViolationError) this.#end({ error });
    }
  }

  /** Replaces a lost consumer. */
  async #renew(lost: ReplaySource): Promise<void> {
    if (lost !== this.#push || this.#ended) return;
    this.#push = undefined;
    try {
      await persistently(
        () => this.#create(),
        () => !this.#ended,
      );
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Ends after an error; normally if it means that the program has closed the connection meanwhile. */
  #fail(error: unknown): void {
    const begun = this.#begun || (error instanceof ConnectionClosedError && error.inFlight);
    this.#end(begun && isClosing(error) ? undefined : { error });
  }

  #end(failure: { readonly error: unknown } | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#failure = failure;
    if (this.#options.signal !== undefined) offAbort(this.#options.signal, this.#abort);
    this.#push?.end();
    this.#wake();
  }
}

/** A source that has begun. */
interface Started {
  readonly push: ReplaySource;
  readonly subscription: Subscription;
  readonly info: ConsumerInfo;
}

/** Milliseconds between two signs of life of a consumer that is to end. */
const SHORT_PULSE = 250;

/** State of a stream, from its leader. */
interface StreamInfo {
  readonly state: { readonly last_seq: number };
  /** Only in a cluster; without replicas if one server stores the stream. */
  readonly cluster?: { readonly replicas?: readonly object[] };
}

/** Number of taken messages that are released together. */
const COMPACT_AT = 1_024;
