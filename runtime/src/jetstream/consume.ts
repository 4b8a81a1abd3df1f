import { checkOptions } from "../arguments.js";
import type { ErrorHandler, NatsCommand } from "../commands/nats-command.js";
import type { NatsError } from "../errors.js";
import { argument, type FilterArguments } from "../sdk/arguments.js";
import type { Channel } from "../sdk/channel.js";
import type { From } from "./consumer.js";
import { type AnyChannel, type AnyMessage, type ChannelLike, Reading } from "./reading.js";
import type { Delivered } from "./stored.js";
import type { EventOf, Stream } from "./stream.js";
import { startWorker } from "./worker.js";

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
   * Called for what a handler threw, what could not be read, what was given up, what ended the worker, and with
   * MissingSequenceError where the stream does not hold the sequence that a new durable is to begin at; without it
   * the connection's `onError` is.
   */
  readonly onError?: ErrorHandler;
}

/**
 * Handles a message. When it returns, or its promise is fulfilled, the message is acknowledged; when it throws
 * or rejects, the message is delivered again after a while. What else it returns is not looked at.
 */
export type ConsumeHandler<M extends { readonly message: unknown }> = (
  message: M["message"],
  delivered: M,
) => unknown;

/** Parameters, handler and options of a consumer of a channel `C`. */
export type ConsumeArguments<C> =
  C extends Channel<infer P, infer T, infer H>
    ? [
        ...params: FilterArguments<P>,
        handler: ConsumeHandler<Delivered<P, T, H>>,
        options: ConsumeOptions,
      ]
    : never;

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
 * @returns Settles when the worker is at work. Rejects with InvalidArgumentError, NoStreamError,
 *   JetStreamOffError, PermissionViolationError, JetStreamError, or what NatsCommand.request rejects with.
 */
export function consume<C extends ChannelLike>(
  nats: NatsCommand,
  channel: C,
  ...args: ConsumeArguments<C>
): Promise<Worker>;
export async function consume(
  nats: NatsCommand,
  channel: AnyChannel,
  first?: unknown,
  second?: unknown,
  third?: unknown,
): Promise<Worker> {
  const { arity } = channel.subject;
  const handler = argument(arity, first, second) as ConsumeHandler<AnyMessage>;
  const options = argument(arity + 1, first, second, third) as ConsumeOptions;
  const reading = Reading.ofChannel(channel, first);
  return startWorker(nats, reading, handler, options);
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
 * @returns Settles when the worker is at work. Rejects as {@link consume} does.
 */
export async function consumeStream<C extends object>(
  nats: NatsCommand,
  stream: Stream<C>,
  handler: ConsumeHandler<EventOf<C>>,
  options: ConsumeStreamOptions<C>,
): Promise<Worker> {
  checkOptions(options);
  const { channels, ...others } = options;
  const reading = Reading.ofChannels(stream, channels, true);
  return startWorker(nats, reading, handler as unknown as ConsumeHandler<AnyMessage>, others);
}
