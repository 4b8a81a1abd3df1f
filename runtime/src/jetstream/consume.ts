import { encodeUtf8 } from "../buffers/bytes.js";
import { checkTimeout } from "../commands/deadline.js";
import { deferred } from "../commands/deferred.js";
import { isThenable } from "../delivery.js";
import { DeserializeError, HandlerError, InvalidArgumentError, NatsError } from "../errors.js";
import type { ErrorHandler, NatsCommand, RawMessage } from "../nats-command.js";
import type { Channel, FixedChannel } from "../sdk/channel.js";
import type { Filter, NoParams } from "../sdk/subject.js";
import { api, ERROR_CODES, nanoseconds, streamOf } from "./api.js";
import { createConsumer, type From, persistently, startOf } from "./consumer.js";
import { ConsumerDeletedError, JetStreamError, MessageGivenUpError } from "./errors.js";
import { Pull } from "./pull.js";
import { type AnyChannel, type AnyMessage, hasParams, Reading } from "./reading.js";
import { type Delivered, DeliverySubject } from "./stored.js";
import type { EventOf, Stream } from "./stream.js";

/** How to consume. */
export interface ConsumeOptions {
  /**
   * The name under which the server remembers what is done. All workers of one name, in however many
   * processes, share the messages.
   */
  readonly durable: string;
  /** The stream; the one that keeps the subject by default. */
  readonly stream?: string;
  /** Where a new durable begins; at the first message by default. */
  readonly from?: From;
  /** How many handlers may run at the same time; 1 by default. They begin in the stream's order. */
  readonly concurrency?: number;
  /** How many messages this worker takes ahead, those at work included; 512 by default. */
  readonly maxBuffered?: number;
  /**
   * Milliseconds after which the server gives a message to another worker when this one is not heard of;
   * 30,000 by default. A worker that lives is heard of, however long its handlers take.
   */
  readonly ackWait?: number;
  /**
   * Milliseconds until a message is delivered again after its handler failed: the first time, the second
   * and so on; the last number holds for all later ones. By default 100, 1,000, 5,000, 30,000.
   */
  readonly retryDelays?: readonly number[];
  /** How often a message may be delivered before it is given up; without end by default. */
  readonly maxDeliveries?: number;
  /** Milliseconds after which silence of the server means that something is wrong, twice over; 1,000 by default. */
  readonly heartbeat?: number;
  /** The JetStream domain, where it is not that of the server. */
  readonly domain?: string;
  /** Ends the worker when aborted, as {@link Worker.drain} does. */
  readonly signal?: AbortSignal;
  /**
   * Called for what a handler threw, what could not be read, what was given up and what ended the worker;
   * without it the connection's `onError` is.
   */
  readonly onError?: ErrorHandler;
}

/**
 * Handles a message. When it returns, or its promise is fulfilled, the message is acknowledged; when it throws
 * or rejects, the message is delivered again after a while.
 */
export type ConsumeHandler<M extends { readonly message: unknown }> = (
  message: M["message"],
  delivered: M,
) => void | Promise<void>;

/** A worker of a durable consumer. */
export interface Worker extends AsyncDisposable {
  /** The stream's name. */
  readonly stream: string;
  /** The consumer's name. */
  readonly durable: string;
  /**
   * Ends the worker: handlers that run come to their end and are acknowledged, what waits goes back to the
   * server at once, for others. Calling it again gives the same promise.
   */
  drain(): Promise<void>;
  /** Settles when the worker has ended; with the reason where that was not asked for. Never rejects. */
  readonly closed: Promise<NatsError | undefined>;
}

/**
 * Handles the messages that a stream keeps of a channel, each until its handler succeeded: at least once,
 * and in the stream's order as far as handlers succeed at the first time.
 *
 * ```ts
 * const worker = await consume(nats, Channels.playerBanned, {}, async ({ player }) => {
 *   await tellDiscord(player);
 * }, { durable: "notifier" });
 * ```
 *
 * A payload that cannot be read is not delivered again; it is reported as DeserializeError.
 *
 * @param channel The channel.
 * @param params The parameters to consume by; one that is left out stands for every value.
 * @param handler Called for each message.
 * @returns Settles when the worker is at work. Rejects with NoStreamError, JetStreamOffError,
 *   PermissionViolationError, JetStreamError, or what NatsCommand.request rejects with.
 */
export function consume<P, T, H>(
  nats: NatsCommand,
  channel: Channel<P, T, H>,
  params: Filter<P>,
  handler: ConsumeHandler<Delivered<P, T, H>>,
  options: ConsumeOptions,
): Promise<Worker>;
export function consume<T, H>(
  nats: NatsCommand,
  channel: FixedChannel<T, H>,
  handler: ConsumeHandler<Delivered<NoParams, T, H>>,
  options: ConsumeOptions,
): Promise<Worker>;
export async function consume(
  nats: NatsCommand,
  channel: object,
  ...rest: readonly unknown[]
): Promise<Worker> {
  const kept = channel as AnyChannel;
  const [params, handler, options] = (hasParams(kept) ? rest : [{}, ...rest]) as [
    Filter<unknown>,
    ConsumeHandler<AnyMessage>,
    ConsumeOptions,
  ];
  return start(nats, Reading.ofChannel(kept, params), handler, options);
}

/** How to consume the channels of a stream. */
export interface ConsumeStreamOptions<C> extends Omit<ConsumeOptions, "stream"> {
  /** The names of the channels that are wanted; all by default. */
  readonly channels?: readonly (keyof C)[];
}

/**
 * Handles the messages of several channels of a stream by one durable consumer, as {@link consume} does.
 *
 * ```ts
 * await consumeStream(nats, rustEvents, (_message, event) => {
 *   if (event.channel === "playerHit") console.log(event.message.damage, event.params.steamId);
 * }, { durable: "history", channels: ["playerHit", "playerChatted"] });
 * ```
 *
 * @param stream The stream.
 * @param handler Called for each message; `channel` says which it is.
 */
export async function consumeStream<C extends object>(
  nats: NatsCommand,
  stream: Stream<C>,
  handler: ConsumeHandler<EventOf<C>>,
  options: ConsumeStreamOptions<C>,
): Promise<Worker> {
  const { channels, ...others } = options;
  const reading = Reading.ofChannels(stream.channels, channels, true);
  return start(nats, reading, handler as unknown as ConsumeHandler<AnyMessage>, {
    ...others,
    stream: stream.config.name,
  });
}

async function start(
  nats: NatsCommand,
  reading: Reading,
  handler: ConsumeHandler<AnyMessage>,
  options: ConsumeOptions,
): Promise<Worker> {
  const worker = new StreamWorker(nats, reading, handler, options);
  await worker.start();
  return worker;
}

const RETRY_DELAYS = [100, 1_000, 5_000, 30_000];
const ACK = encodeUtf8("+ACK");
const PROGRESS = encodeUtf8("+WPI");
const NAK = encodeUtf8("-NAK");

/** A message in hand. */
interface Job {
  readonly message: AnyMessage;
  readonly reply: string;
}

class StreamWorker implements Worker {
  stream: string;
  readonly durable: string;
  readonly #nats: NatsCommand;
  readonly #reading: Reading;
  readonly #handler: ConsumeHandler<AnyMessage>;
  readonly #options: ConsumeOptions;
  readonly #concurrency: number;
  readonly #ackWait: number;
  readonly #waiting: Job[] = [];
  readonly #running = new Set<Job>();
  readonly #closed = deferred<NatsError | undefined>();
  readonly #idle = deferred();
  #pull: Pull | undefined;
  #progress: ReturnType<typeof setInterval> | undefined;
  #draining: Promise<void> | undefined;
  #ended = false;

  constructor(
    nats: NatsCommand,
    reading: Reading,
    handler: ConsumeHandler<AnyMessage>,
    options: ConsumeOptions,
  ) {
    const { concurrency = 1, maxBuffered = 512, ackWait = 30_000, durable, stream = "" } = options;
    checkName("durable", durable);
    checkCount("concurrency", concurrency);
    checkCount("maxBuffered", maxBuffered);
    checkTimeout(ackWait);
    options.signal?.throwIfAborted();
    this.#nats = nats;
    this.#reading = reading;
    this.#handler = handler;
    this.#options = options;
    this.#concurrency = concurrency;
    this.#ackWait = ackWait;
    this.stream = stream;
    this.durable = durable;
  }

  get closed(): Promise<NatsError | undefined> {
    return this.#closed.promise;
  }

  async start(): Promise<void> {
    const { domain, from = "first", heartbeat = 1_000, maxBuffered = 512, signal } = this.#options;
    const { filters } = this.#reading;
    if (this.stream === "") {
      this.stream = await streamOf(this.#nats, filters[0]!, { domain });
    }
    const config = {
      name: this.durable,
      durable_name: this.durable,
      ack_policy: "explicit",
      ack_wait: nanoseconds(this.#ackWait),
      max_ack_pending: -1,
      ...startOf(from),
    } as const;
    await createConsumer(this.#nats, this.stream, config, filters, domain);
    const pull = new Pull(
      this.#nats,
      this.stream,
      this.durable,
      { maxBuffered, heartbeat, domain },
      {
        message: (frame, reply) => this.#receive(frame, reply),
        stalled: () => void this.#recover(),
      },
    );
    this.#pull = pull;
    const subscription = await pull.start();
    void subscription.closed.then((reason) => this.#end(reason));
    this.#progress = setInterval(() => this.#extend(), this.#ackWait / 3);
    signal?.addEventListener("abort", () => void this.drain(), { once: true });
    if (signal?.aborted) await this.drain();
  }

  drain(): Promise<void> {
    this.#draining ??= this.#drain();
    return this.#draining;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.drain();
  }

  async #drain(): Promise<void> {
    this.#giveBack();
    await this.#pull?.drain();
    if (this.#running.size > 0) await this.#idle.promise;
    this.#end(undefined);
    // The acknowledgements are on their way; a connection that is lost has lost them as well.
    await this.#nats.flush().catch(() => {});
  }

  #receive(frame: RawMessage, reply: string): void {
    const metadata = DeliverySubject.read(reply);
    if (metadata === undefined) return;
    const { subject } = frame;
    let message: AnyMessage | undefined;
    try {
      message = this.#reading.read(frame, subject, metadata);
    } catch (cause) {
      this.#answer(reply, encodeUtf8("+TERM cannot be read"));
      this.#report(new DeserializeError(subject, cause));
      this.#pull?.done();
      return;
    }
    if (message === undefined) {
      this.#answer(reply, ACK);
      this.#pull?.done();
      return;
    }
    this.#waiting.push({ message, reply });
    if (this.#draining === undefined) this.#work();
    else this.#giveBack();
  }

  /** Begins what may begin. */
  #work(): void {
    while (this.#running.size < this.#concurrency && this.#draining === undefined) {
      const job = this.#waiting.shift();
      if (job === undefined) return;
      this.#begin(job);
    }
  }

  #begin(job: Job): void {
    const { message } = job;
    this.#running.add(job);
    let result: unknown;
    try {
      result = this.#handler(message.message, message);
    } catch (error) {
      this.#failed(job, error);
      return;
    }
    if (!isThenable(result)) {
      this.#succeeded(job);
      return;
    }
    result.then(
      () => {
        this.#succeeded(job);
        this.#work();
      },
      (error: unknown) => {
        this.#failed(job, error);
        this.#work();
      },
    );
  }

  #succeeded(job: Job): void {
    this.#answer(job.reply, ACK);
    this.#done(job);
  }

  #failed(job: Job, cause: unknown): void {
    const { deliveries, subject, sequence } = job.message;
    const { maxDeliveries = Number.POSITIVE_INFINITY, retryDelays = RETRY_DELAYS } = this.#options;
    if (deliveries >= maxDeliveries) {
      this.#answer(job.reply, encodeUtf8("+TERM given up"));
      this.#report(new MessageGivenUpError(subject, sequence, deliveries, cause));
    } else {
      const delay = retryDelays[Math.min(deliveries, retryDelays.length) - 1] ?? 0;
      this.#answer(job.reply, encodeUtf8(`-NAK ${JSON.stringify({ delay: nanoseconds(delay) })}`));
      this.#report(new HandlerError(subject, cause));
    }
    this.#done(job);
  }

  #done(job: Job): void {
    this.#running.delete(job);
    this.#pull?.done();
    if (this.#running.size === 0 && this.#draining !== undefined) this.#idle.resolve();
  }

  /** What waits goes back to the server. */
  #giveBack(): void {
    for (const { reply } of this.#waiting.splice(0)) this.#answer(reply, NAK);
  }

  /** Tells the server that what is in hand is not lost. */
  #extend(): void {
    for (const { reply } of this.#running) this.#answer(reply, PROGRESS);
    for (const { reply } of this.#waiting) this.#answer(reply, PROGRESS);
  }

  #answer(reply: string, answer: Uint8Array): void {
    try {
      this.#nats.post(reply, answer);
    } catch (error) {
      // The message is delivered again. A closed connection needs no report.
      if (!this.#ended && error instanceof NatsError) this.#report(error);
    }
  }

  /** Nothing came where something should have: waits for the server, and goes on if the consumer is there. */
  async #recover(): Promise<void> {
    const { domain } = this.#options;
    const name = `CONSUMER.INFO.${this.stream}.${this.durable}`;
    try {
      await persistently(
        () => api(this.#nats, name, undefined, { domain }),
        () => !this.#ended && this.#draining === undefined,
      );
      this.#pull?.restart();
    } catch (cause) {
      this.#fail(cause);
    }
  }

  #fail(cause: unknown): void {
    if (this.#ended) return;
    const deleted =
      cause instanceof JetStreamError && cause.errorCode === ERROR_CODES.consumerNotFound;
    const error = deleted
      ? new ConsumerDeletedError(
          `The consumer "${this.durable}" of the stream "${this.stream}" was deleted, and with it what it remembered as done. Start the worker again where it shall begin anew.`,
          cause.errorCode,
          cause.description,
          { cause },
        )
      : (cause as NatsError);
    this.#end(error);
    this.#report(error);
  }

  #end(reason: NatsError | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#waiting.length = 0;
    this.#pull?.end();
    clearInterval(this.#progress);
    this.#closed.resolve(reason);
  }

  #report(error: NatsError): void {
    const { onError } = this.#options;
    if (onError === undefined) this.#nats.report(error);
    else onError(error);
  }
}

function checkName(option: string, name: string): void {
  if (typeof name === "string" && /^[^\s.*>\\/]+$/.test(name)) return;
  throw new InvalidArgumentError(
    `"${option}" is a name without white space, ".", "*", ">", "/" and "\\", not ${JSON.stringify(name)}.`,
  );
}

function checkCount(option: string, value: number): void {
  if (Number.isSafeInteger(value) && value > 0) return;
  throw new InvalidArgumentError(`"${option}" is a whole number from 1 on, not ${String(value)}.`);
}
