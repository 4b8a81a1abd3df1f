import { checkOptions } from "../arguments.js";
import type { NatsCommand } from "../commands/nats-command.js";
import { argument, type FilterArguments } from "../sdk/arguments.js";
import type { Channel } from "../sdk/channel.js";
import { OrderedReplay } from "./ordered-replay.js";
import { type AnyChannel, type AnyMessage, type ChannelLike, Reading } from "./reading.js";
import type { Replay, ReplayOptions } from "./replay-options.js";
import type { DeliveredOf } from "./stored.js";
import type { CommonParams, EventOf, Stream } from "./stream.js";

/** Parameters and options of a replay of a channel `C`. */
export type ReplayArguments<C> =
  C extends Channel<infer P, infer _T, infer _H>
    ? [...params: FilterArguments<P>, options: ReplayOptions]
    : never;

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
