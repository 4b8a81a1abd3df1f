import { checkOptions } from "../arguments.js";
import type { NatsCommand } from "../commands/nats-command.js";
import { argument, type FilterArguments } from "../sdk/arguments.js";
import type { Channel } from "../sdk/channel.js";
import { callOf } from "../waiting/call.js";
import type { ConsumeHandler, ConsumeOptions, Worker } from "./consume-options.js";
import { type AnyChannel, type AnyMessage, type ChannelLike, Reading } from "./reading.js";
import type { Delivered } from "./stored.js";
import type { EventOf, Stream } from "./stream.js";
import { startWorker } from "./worker.js";

/** Parameters, handler and options of a consumer of a channel `C`. */
export type ConsumeArguments<C> =
  C extends Channel<infer P, infer T, infer H>
    ? [
        ...params: FilterArguments<P>,
        handler: ConsumeHandler<Delivered<P, T, H>>,
        options: ConsumeOptions,
      ]
    : never;

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
export function consume(
  nats: NatsCommand,
  channel: AnyChannel,
  first?: unknown,
  second?: unknown,
  third?: unknown,
): Promise<Worker> {
  return callOf(async () => {
    const { arity } = channel.subject;
    const handler = argument(arity, first, second) as ConsumeHandler<AnyMessage>;
    const options = argument(arity + 1, first, second, third) as ConsumeOptions;
    const reading = Reading.ofChannel(channel, first);
    return startWorker(nats, reading, handler, options);
  }, nats);
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
export function consumeStream<C extends object>(
  nats: NatsCommand,
  stream: Stream<C>,
  handler: ConsumeHandler<EventOf<C>>,
  options: ConsumeStreamOptions<C>,
): Promise<Worker> {
  return callOf(async () => {
    checkOptions(options);
    const { channels, ...others } = options;
    const reading = Reading.ofChannels(stream, channels, true);
    return startWorker(nats, reading, handler as unknown as ConsumeHandler<AnyMessage>, others);
  }, nats);
}
