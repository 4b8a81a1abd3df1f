import { checkFunction, checkOptions } from "../arguments.js";
import type { ErrorHandler, NatsCommand, RawMessage } from "../commands/nats-command.js";
import { errorHandler } from "../delivery/error-handler.js";
import { DeserializeError, PermissionViolationError } from "../errors.js";
import { checkCount, checkTimeout } from "../waiting/deadline.js";
import { type Deferred, deferred } from "../waiting/deferred.js";
import { ANSWER_WAIT, api, streamOf } from "./api.js";
import { checkFrom, checkName } from "./check.js";
import {
  type ConsumerInfo,
  type From,
  findMissing,
  isAwayAtFirst,
  persistently,
} from "./consumer.js";
import { Push } from "./push.js";
import type { AnyMessage, Reading } from "./reading.js";
import type { Replay, ReplayOptions } from "./replay-options.js";
import type { DeliverySubject } from "./stored.js";

/**
 * A replay over passing consumers: whenever one is lost, or skips something, another takes its place behind the
 * last message that came.
 */
export class OrderedReplay implements Replay<AnyMessage> {
  readonly #nats: NatsCommand;
  readonly #report: ErrorHandler;
  readonly #reading: Reading;
  readonly #options: ReplayOptions;
  readonly #live: boolean;
  #stream: string | undefined;
  #push: Push | undefined;
  /** The stream's sequence up to which everything came; `undefined` before it is known. */
  #last: number | undefined;
  /** The stream's sequence up to which consumers have looked; what they found has come. */
  #looked = 0;
  /** The stream's sequence up to which a consumer must have looked, so that the replay may end. */
  #until = 0;
  /** Whether everything that there was at the beginning has come. */
  #caughtUp = false;
  /** Whether it is not known yet if the consumer begins where it should. */
  #starting = false;
  /** Messages that nobody has taken, from {@link #taken} on. */
  #buffer: AnyMessage[] = [];
  #taken = 0;
  #waiting: Deferred | undefined;
  /** Nothing more comes. */
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
    this.#stream = stream;
    if (signal?.aborted) this.#abort();
    else {
      signal?.addEventListener("abort", this.#abort, { once: true });
      void this.#begin();
    }
  }

  async next(): Promise<IteratorResult<AnyMessage, undefined>> {
    while (this.#taken === this.#buffer.length) {
      if (this.#failure !== undefined) throw this.#failure.error;
      if (this.#ended) return { done: true, value: undefined };
      await this.#more();
    }
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
    const { domain } = this.#options;
    try {
      await persistently(
        async () => {
          this.#stream ??= await streamOf(this.#nats, this.#reading.filters[0]!, {
            domain,
            timeout: ANSWER_WAIT,
          });
          await this.#create();
        },
        () => !this.#ended,
        isAwayAtFirst,
      );
    } catch (error) {
      this.#end({ error });
    }
  }

  /** Makes a consumer for what has not come yet. */
  async #create(): Promise<void> {
    const { domain, heartbeat = 1_000 } = this.#options;
    const from = this.#from();
    const push = new Push(
      this.#nats,
      {
        stream: this.#stream!,
        filters: this.#reading.filters,
        from,
        heartbeat,
        // One that is to end waits for a sign that there is nothing more.
        pulse: this.#live ? heartbeat : Math.min(heartbeat, SHORT_PULSE),
        domain,
      },
      {
        message: (frame, delivery) => this.#receive(push, frame, delivery),
        idle: (sequence) => {
          // What is none of the wanted channels' is passed as well.
          this.#pass(sequence);
          void this.#checkEnd(push);
        },
        lost: () => void this.#renew(push),
        failed: (error) => this.#end({ error }),
      },
    );
    this.#push = push;
    this.#starting = true;
    const { subscription, info } = await push.start(this.#buffer.length - this.#taken);
    const missing = await findMissing(this.#nats, from, info, domain);
    if (missing !== undefined && !this.#ended) this.#report(missing);
    if (!this.#live) await this.#findLast(push, info);
    if (this.#ended) push.end();
    // It may have been lost meanwhile, and another one begun.
    if (push !== this.#push || this.#ended) return;
    this.#starting = false;
    if (info.delivered.consumer_seq === 0) this.#pass(info.delivered.stream_seq);
    // What the consumer delivered before it answered was pending as well.
    const nothing = info.num_pending + info.delivered.consumer_seq === 0;
    if (nothing || this.#caughtUp) this.#nothingPending(push);
    void subscription.closed.then((error) => {
      if (this.#push === push) this.#end(error && { error });
    });
  }

  /**
   * Finds out how far a replay must come that is to end. A consumer may be on a replica that does not have yet what
   * the stream's leader has confirmed.
   */
  async #findLast(push: Push, { cluster }: ConsumerInfo): Promise<void> {
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
      // Whoever may not ask reads what the replica has.
      if (!(error instanceof PermissionViolationError)) throw error;
    }
  }

  #from(): From {
    const { from } = this.#options;
    if (this.#last === undefined) return from;
    // The latest of each subject are not simply those that follow; what had come is passed over.
    if (from === "lastPerSubject" && !this.#caughtUp) return from;
    return { sequence: this.#last + 1 };
  }

  /** There is nothing more to come up to a sequence: who goes on elsewhere goes on behind it. */
  #pass(sequence: number): void {
    this.#looked = Math.max(this.#looked, sequence);
    // The latest of each subject lie here and there.
    if (this.#options.from === "lastPerSubject" && !this.#caughtUp) return;
    this.#last = Math.max(this.#last ?? 0, sequence);
  }

  #receive(push: Push, frame: RawMessage, delivery: DeliverySubject): void {
    if (delivery.sequence <= (this.#last ?? 0)) {
      push.take(1);
    } else {
      this.#last = delivery.sequence;
      this.#looked = delivery.sequence;
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

  #nothingPending(push: Push): void {
    this.#caughtUp = true;
    if (this.#live || this.#starting) return;
    if (this.#looked >= this.#until) this.#end(undefined);
    else void this.#checkEnd(push);
  }

  /**
   * Asks how far the consumer has looked. What was counted as pending may have been removed from the stream, and never
   * come; what is behind the last message may be for others.
   */
  async #checkEnd(push: Push): Promise<void> {
    if (this.#live) return;
    try {
      const sequence = await push.findComplete();
      if (sequence === undefined || push !== this.#push || this.#starting) return;
      this.#caughtUp = true;
      this.#pass(sequence);
      if (this.#looked >= this.#until) this.#end(undefined);
    } catch (error) {
      // Whatever else fails is asked again after the next pause.
      if (error instanceof PermissionViolationError) this.#end({ error });
    }
  }

  /** Puts another consumer in the place of one that is lost. */
  async #renew(lost: Push): Promise<void> {
    if (lost !== this.#push || this.#ended) return;
    this.#push = undefined;
    try {
      await persistently(
        () => this.#create(),
        () => !this.#ended,
      );
    } catch (error) {
      this.#end({ error });
    }
  }

  #end(failure: { readonly error: unknown } | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#failure = failure;
    this.#options.signal?.removeEventListener("abort", this.#abort);
    this.#push?.end();
    this.#wake();
  }
}

/** Milliseconds between two signs of life of a consumer that is to end. */
const SHORT_PULSE = 250;

/** What a stream's leader says of it. */
interface StreamInfo {
  readonly state: { readonly last_seq: number };
  /** Only in a cluster; without replicas where there is one server for the stream. */
  readonly cluster?: { readonly replicas?: readonly object[] };
}

/** Taken messages that are kept until they are let go together. */
const COMPACT_AT = 1_024;
