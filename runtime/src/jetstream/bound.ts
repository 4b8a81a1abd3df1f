import type { NatsCommand } from "../commands/nats-command.js";
import { type AppendArguments, append } from "./append.js";
import type { Appended } from "./append-answer.js";
import { type ConsumeArguments, consume } from "./consume.js";
import type { Worker } from "./consume-options.js";
import { type LastArguments, last } from "./last.js";
import type { ChannelLike } from "./reading.js";
import { type ReplayArguments, replay } from "./replay.js";
import type { Replay } from "./replay-options.js";
import type { DeliveredOf, StoredOf } from "./stored.js";

/** Functions that are bound to a channel `C`. */
interface Bound<C> {
  readonly append: (nats: NatsCommand, ...args: AppendArguments<C>) => Promise<Appended>;
  readonly consume: (nats: NatsCommand, ...args: ConsumeArguments<C>) => Promise<Worker>;
  readonly replay: (nats: NatsCommand, ...args: ReplayArguments<C>) => Replay<DeliveredOf<C>>;
  readonly last: (nats: NatsCommand, ...args: LastArguments<C>) => Promise<StoredOf<C> | undefined>;
}

/** Function that appends to a channel. */
export type AppendTo<C> = Bound<C>["append"];

/** Function that consumes from a channel. */
export type ConsumeFrom<C> = Bound<C>["consume"];

/** Function that replays a channel. */
export type ReplayOf<C> = Bound<C>["replay"];

/** Function that looks up the latest message of a channel. */
export type LastOf<C> = Bound<C>["last"];

/**
 * Binds {@link append} to a channel, so that programs carry only the functions that they call.
 *
 * ```ts
 * export const appendChat: AppendTo<typeof chat> = appendTo(chat);
 * await appendChat(nats, { room: "eu-1" }, { text: "hello" });
 * ```
 */
export function appendTo<C extends ChannelLike>(channel: C): AppendTo<C> {
  return (nats, ...args) => append(nats, channel, ...args);
}

/** Binds {@link consume} to a channel, as {@link appendTo} binds `append`. */
export function consumeFrom<C extends ChannelLike>(channel: C): ConsumeFrom<C> {
  return (nats, ...args) => consume(nats, channel, ...args);
}

/** Binds {@link replay} to a channel, as {@link appendTo} binds `append`. */
export function replayOf<C extends ChannelLike>(channel: C): ReplayOf<C> {
  return (nats, ...args) => replay(nats, channel, ...args);
}

/** Binds {@link last} to a channel, as {@link appendTo} binds `append`. */
export function lastOf<C extends ChannelLike>(channel: C): LastOf<C> {
  return (nats, ...args) => last(nats, channel, ...args);
}
