import { checkFunction, checkOptions } from "../arguments.js";
import type { ErrorHandler, NatsCommand, RawMessage } from "../commands/nats-command.js";
import { errorHandler } from "../delivery/error-handler.js";
import { DeserializeError, PermissionViolationError, TimeoutError } from "../errors.js";
import { argument, type FilterArguments } from "../sdk/arguments.js";
import type { Channel } from "../sdk/channel.js";
import { checkCount, checkTimeout } from "../waiting/deadline.js";
import { type Deferred, deferred } from "../waiting/deferred.js";
import { streamOf } from "./api.js";
import { checkFrom, checkName } from "./check.js";
import { type From, findMissing, persistently } from "./consumer.js";
import { Push } from "./push.js";
import { type AnyChannel, type AnyMessage, type ChannelLike, Reading } from "./reading.js";
import type { DeliveredOf, DeliverySubject } from "./stored.js";
import type { CommonParams, EventOf, Stream } from "./stream.js";

/** Options of a replay. */
export interface ReplayOptions {
  /**
   * Start: the first message, new messages only, a sequence, a time, or the latest message of each
   * subject.
   */
  readonly from: From;
  /** The stream; default: the one that stores the subject. */
  readonly stream?: string;
  /** `true` to continue with new messages (default); `false` to end with the last existing one. */
  readonly live?: boolean;
  /**
   * Milliseconds between the server's signs of life; if two are missing, the replay checks the
   * server. Default 1,000.
   */
  readonly heartbeat?: number;
  /** The JetStream domain, if it is not that of the server. */
  readonly domain?: string;
  /** Ends the replay when aborted; the loop throws the signal's reason. */
  readonly signal?: AbortSignal;
  /**
   * Called with DeserializeError for an unreadable payload, which is skipped, and with
   * MissingSequenceError if the stream does not have the sequence at which the replay starts or
   * continues. Default: the connection's `onError`.
   */
  readonly onError?: ErrorHandler;
}

/** Parameters and options of a replay of a channel `C`. */
export type ReplayArguments<C> =
  C extends Channel<infer P, infer _T, infer _H>
    ? [...params: FilterArguments<P>, options: ReplayOptions]
    : never;

/**
 * Messages of a replay, one after the other: `for await (const event of replay)`, or many at a time
 * with {@link batches}. Leaving the loop ends the replay.
 */
export interface Replay<M> extends AsyncIterableIterator<M>, AsyncDisposable {
  /**
   * Iterates over the messages that have arrived, many at a time: as soon as there is at least one.
   *
   * @param most Maximum number of messages of one batch; default 1,000.
   * @throws InvalidArgumentError if that is not an integer of at least 1.
   */
  batches(most?: number): AsyncIterableIterator<readonly M[]>;
  /** Ends the replay. */
  end(): void;
}

/**
 * Iterates over the messages of a channel in a stream, in order, and continues with new ones:
 * without gaps or duplicates, even if the server or the connection is lost in the meantime. The
 * replay acknowledges nothing, and the server stores no position: store the sequence together with
 * your results.
 *
 * ```ts
 * for await (const { message, params, sequence } of replay(nats, Channels.playerHit, {}, { from: "first" })) {
 *   …
 * }
 * ```
 *
 * @param channel The channel.
 * @param params The parameters of the subjects; a parameter that is left out matches every value.
 * @returns The messages. The loop throws NoStreamError, JetStreamOffError, PermissionViolationError
 * or JetStreamError; it ends normally when the connection is closed.
 * @throws InvalidArgumentError for invalid options.
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

/** Options of replaying the channels of a stream. */
export interface ReplayStreamOptions<C> extends Omit<ReplayOptions, "stream"> {
  /** Names of the channels to replay; all by default. */
  readonly channels?: readonly (keyof C)[];
  /**
   * Parameters that all channels have; any value by default. The server delivers one part of the
   * stream, to which permissions can restrict a user.
   */
  readonly params?: CommonParams<C>;
}

/**
 * Iterates over the messages of several channels of a stream in order, as {@link replay} does.
 *
 * ```ts
 * for await (const events of replayStream(nats, rustEvents, { from: { sequence: last + 1 } }).batches()) {
 *   await database.transaction(events);
 * }
 * ```
 *
 * @param stream The stream.
 * @returns The messages; `channel` is the name of their channel. The loop throws as that of {@link
 * replay} does.
 * @throws InvalidArgumentError for invalid options, and for a channel that the stream does not
 * have.
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
  #push: Push | undefined;
  /** The stream's sequence up to which everything has arrived; `undefined` before it is known. */
  #last: number | undefined;
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

  /** Creates a consumer for the remaining messages. */
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
          // Messages of other channels count as well.
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
    // Messages that arrived before the server's reply were pending as well.
    const nothing = info.num_pending + info.delivered.consumer_seq === 0;
    if (nothing || this.#caughtUp) this.#nothingPending();
    void subscription.closed.then((error) => {
      if (this.#push === push) this.#end(error && { error });
    });
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
    // The latest messages of each subject are not consecutive.
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

  /** Checks for the end, because pending messages may have been removed from the stream. */
  async #checkEnd(push: Push): Promise<void> {
    if (this.#live) return;
    try {
      const complete = await push.isComplete();
      if (complete && push === this.#push) this.#nothingPending();
    } catch (error) {
      // Other errors are tried again after the next pause.
      if (error instanceof PermissionViolationError) this.#end({ error });
    }
  }

  /** Replaces a lost consumer. */
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

/** Maximum number of attempts to create the first consumer without a reply. */
const ATTEMPTS = 5;

/** Number of taken messages that are released together. */
const COMPACT_AT = 1_024;
