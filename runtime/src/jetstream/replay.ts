import { checkFunction, checkOptions } from "../arguments.js";
import type { ErrorHandler, NatsCommand, RawMessage } from "../commands/nats-command.js";
import { errorHandler } from "../delivery/error-handler.js";
import { DeserializeError, PermissionViolationError, TimeoutError } from "../errors.js";
import { argument, type FilterArguments } from "../sdk/arguments.js";
import type { Channel } from "../sdk/channel.js";
import { callOf } from "../waiting/call.js";
import { checkCount, checkTimeout } from "../waiting/deadline.js";
import { type Deferred, deferred } from "../waiting/deferred.js";
import { streamOf } from "./api.js";
import { checkFrom, checkName } from "./check.js";
import { type From, findMissing, persistently } from "./consumer.js";
import { Push } from "./push.js";
import { type AnyChannel, type AnyMessage, type ChannelLike, Reading } from "./reading.js";
import type { DeliveredOf, DeliverySubject } from "./stored.js";
import type { CommonParams, EventOf, Stream } from "./stream.js";

/** How to replay. */
export interface ReplayOptions {
  /**
   * Where to begin: at the first message, with those that come from now on, at a sequence, at a time, or
   * with the latest message of each subject.
   */
  readonly from: From;
  /** The stream; the one that keeps the subject by default. */
  readonly stream?: string;
  /** Whether to go on with what comes; `true` by default. Else it ends with the last message that there is. */
  readonly live?: boolean;
  /** Milliseconds after which silence of the server means that something is wrong, twice over; 1,000 by default. */
  readonly heartbeat?: number;
  /** The JetStream domain, where it is not that of the server. */
  readonly domain?: string;
  /** Ends the replay when aborted; the loop throws the signal's reason. */
  readonly signal?: AbortSignal;
  /**
   * Called with DeserializeError for a payload that cannot be read, which is passed over, and with
   * MissingSequenceError where the stream does not hold the sequence to begin at, or to go on at; without it the
   * connection's `onError` is.
   */
  readonly onError?: ErrorHandler;
}

/** Parameters and options of a replay of a channel `C`. */
export type ReplayArguments<C> =
  C extends Channel<infer P, infer _T, infer _H>
    ? [...params: FilterArguments<P>, options: ReplayOptions]
    : never;

/**
 * Messages one after the other: `for await (const event of replay)`, or many at a time by
 * {@link batches}. Leaving the loop ends the replay.
 */
export interface Replay<M> extends AsyncIterableIterator<M>, AsyncDisposable {
  /**
   * Iterates over what has come, many at a time: as soon as there is anything, and no more than asked for.
   *
   * @param most Messages of one batch; 1,000 by default.
   * @throws InvalidArgumentError when that is no whole number from 1 on.
   */
  batches(most?: number): AsyncIterableIterator<readonly M[]>;
  /** Ends the replay. */
  end(): void;
}

/**
 * Iterates over what a stream keeps of a channel, in its order, and goes on with what comes: without a gap
 * and without a duplicate, also when the server or the connection goes away meanwhile. Nothing is
 * acknowledged and the server remembers nothing: keep the sequence where the results are kept.
 *
 * ```ts
 * for await (const { message, params, sequence } of replay(nats, Channels.playerHit, {}, { from: "first" })) {
 *   …
 * }
 * ```
 *
 * @param channel The channel.
 * @param params The parameters to read by; one that is left out stands for every value.
 * @returns The messages. The loop throws NoStreamError, JetStreamOffError, PermissionViolationError or
 *   JetStreamError; it ends in good order when the connection is closed.
 * @throws InvalidArgumentError for options that cannot be.
 * @see ADR-17, ordered consumer
 */
export function replay<C extends ChannelLike>(
  nats: NatsCommand,
  channel: C,
  ...args: ReplayArguments<C>
): Replay<DeliveredOf<C>>;
export function replay(
  nats: NatsCommand,
  channel: AnyChannel,
  first?: unknown,
  second?: unknown,
): Replay<AnyMessage> {
  const options = argument(channel.subject.arity, first, second) as ReplayOptions;
  return new OrderedReplay(nats, Reading.ofChannel(channel, first), options);
}

/** How to replay the channels of a stream. */
export interface ReplayStreamOptions<C> extends Omit<ReplayOptions, "stream"> {
  /** The names of the channels that are wanted; all by default. */
  readonly channels?: readonly (keyof C)[];
  /**
   * The parameters to read by, of those that all channels have; any value by default. The server is asked for one
   * part of the stream, which permissions can hold a user to.
   */
  readonly params?: CommonParams<C>;
}

/**
 * Iterates over the messages of several channels of a stream in its order, as {@link replay} does.
 *
 * ```ts
 * for await (const events of replayStream(nats, rustEvents, { from: { sequence: last + 1 } }).batches()) {
 *   await database.transaction(events);
 * }
 * ```
 *
 * @param stream The stream.
 * @returns The messages; `channel` says which each is. The loop throws as that of {@link replay} does.
 * @throws InvalidArgumentError for options that cannot be, and for a channel that the stream does not have.
 */
export function replayStream<C extends object>(
  nats: NatsCommand,
  stream: Stream<C>,
  options: ReplayStreamOptions<C>,
): Replay<EventOf<C>> {
  checkOptions(options);
  const { channels, params, ...others } = options;
  const reading = Reading.ofChannels(stream, channels, channels !== undefined, params);
  const all = new OrderedReplay(nats, reading, others);
  return all as Replay<unknown> as Replay<EventOf<C>>;
}

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
    const { domain } = this.#options;
    try {
      this.#stream ??= await streamOf(this.#nats, this.#reading.filters[0]!, { domain });
      await this.#tryToCreate();
    } catch (error) {
      this.#end({ error });
    }
  }

  async #tryToCreate(): Promise<void> {
    for (let attempt = 1; !this.#ended; attempt++) {
      try {
        await this.#create();
        return;
      } catch (error) {
        if (!(error instanceof TimeoutError) || attempt === ATTEMPTS) throw error;
      }
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
    this.#starting = false;
    if (this.#ended) {
      push.end();
      return;
    }
    if (info.delivered.consumer_seq === 0) this.#pass(info.delivered.stream_seq);
    // What the consumer delivered before it answered was pending as well.
    const nothing = info.num_pending + info.delivered.consumer_seq === 0;
    if (nothing || this.#caughtUp) this.#nothingPending();
    void subscription.closed.then((error) => {
      if (this.#push === push) this.#end(error && { error });
    });
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
    // The latest of each subject lie here and there.
    if (this.#options.from === "lastPerSubject" && !this.#caughtUp) return;
    this.#last = Math.max(this.#last ?? 0, sequence);
  }

  #receive(push: Push, frame: RawMessage, delivery: DeliverySubject): void {
    if (delivery.sequence <= (this.#last ?? 0)) {
      push.take(1);
    } else {
      this.#last = delivery.sequence;
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
    if (delivery.pending === 0) this.#nothingPending();
  }

  #nothingPending(): void {
    this.#caughtUp = true;
    if (!this.#live && !this.#starting) this.#end(undefined);
  }

  /** What was counted as pending may have been removed from the stream, and never come. */
  async #checkEnd(push: Push): Promise<void> {
    if (this.#live) return;
    try {
      const complete = await push.isComplete();
      if (complete && push === this.#push) this.#nothingPending();
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

/** How often a consumer is asked for at the beginning, where nobody answers. */
const ATTEMPTS = 5;

/** Taken messages that are kept until they are let go together. */
const COMPACT_AT = 1_024;
