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
 * Handles the messages of a channel in a stream, each until its handler has succeeded: at least
 * once, and in the stream's order if handlers succeed at the first attempt.
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
 * @param params The parameters of the subjects; a parameter that is left out matches every value.
 * @param handler Called for each message.
 * @returns Resolves when the worker is ready. Rejects with InvalidArgumentError, NoStreamError,
 * JetStreamOffError, PermissionViolationError, JetStreamError, or the errors of
 * NatsCommand.request.
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

/** Options of consuming the channels of a stream. */
export interface ConsumeStreamOptions<C> extends Omit<ConsumeOptions, "stream"> {
  /** Names of the channels to consume; all by default. */
  readonly channels?: readonly (keyof C)[];
}

/**
 * Handles the messages of several channels of a stream with one durable consumer, as {@link
 * consume} does.
 *
 * ```ts
 * await consumeStream(nats, rustEvents, (_message, event) => {
 *   if (event.channel === "playerHit") console.log(event.message.damage, event.params.steamId);
 * }, { durable: "history", channels: ["playerHit", "playerChatted"] });
 * ```
 *
 * @param stream The stream.
 * @param handler Called for each message; `channel` is the name of its channel.
 * @returns Resolves when the worker is ready. Rejects as {@link consume} does.
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
