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
 * or JetStreamError, and ConnectionClosedError if the connection was closed before; it ends normally when
 * the program closes the connection later.
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
