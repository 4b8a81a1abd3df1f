import type { NatsCommand } from "../commands/nats-command.js";
import type { FilterArguments, SendArguments, SubjectArguments } from "../sdk/arguments.js";
import type { Channel } from "../sdk/channel.js";
import { type Appended, type AppendOptions, append } from "./append.js";
import { type ConsumeHandler, type ConsumeOptions, consume, type Worker } from "./consume.js";
import { type LastOptions, last } from "./last.js";
import { type Replay, type ReplayOptions, replay } from "./replay.js";
import type { Delivered, Stored } from "./stored.js";

/** A function that appends to a channel. */
export type AppendTo<C> =
  C extends Channel<infer P, infer T, infer H>
    ? (nats: NatsCommand, ...args: SendArguments<P, T, H, AppendOptions>) => Promise<Appended>
    : never;

/** A function that consumes from a channel. */
export type ConsumeFrom<C> =
  C extends Channel<infer P, infer T, infer H>
    ? (
        nats: NatsCommand,
        ...args: [
          ...params: FilterArguments<P>,
          handler: ConsumeHandler<Delivered<P, T, H>>,
          options: ConsumeOptions,
        ]
      ) => Promise<Worker>
    : never;

/** A function that replays a channel. */
export type ReplayOf<C> =
  C extends Channel<infer P, infer T, infer H>
    ? (
        nats: NatsCommand,
        ...args: [...params: FilterArguments<P>, options: ReplayOptions]
      ) => Replay<Delivered<P, T, H>>
    : never;

/** A function that looks up the latest message of a channel. */
export type LastOf<C> =
  C extends Channel<infer P, infer T, infer H>
    ? (
        nats: NatsCommand,
        ...args: [...params: SubjectArguments<P>, options?: LastOptions | undefined]
      ) => Promise<Stored<P, T, H> | undefined>
    : never;

/**
 * Binds {@link append} to a channel, so that programs carry only the functions that they call.
 *
 * ```ts
 * export const appendChat: AppendTo<typeof chat> = appendTo(chat);
 * await appendChat(nats, { room: "eu-1" }, { text: "hello" });
 * ```
 */
export function appendTo<P, T, H>(channel: Channel<P, T, H>): AppendTo<Channel<P, T, H>> {
  return (nats, ...args) => append(nats, channel, ...args);
}

/** Binds {@link consume} to a channel, as {@link appendTo} binds `append`. */
export function consumeFrom<P, T, H>(channel: Channel<P, T, H>): ConsumeFrom<Channel<P, T, H>> {
  return (nats, ...args) => consume(nats, channel, ...args);
}

/** Binds {@link replay} to a channel, as {@link appendTo} binds `append`. */
export function replayOf<P, T, H>(channel: Channel<P, T, H>): ReplayOf<Channel<P, T, H>> {
  return (nats, ...args) => replay(nats, channel, ...args);
}

/** Binds {@link last} to a channel, as {@link appendTo} binds `append`. */
export function lastOf<P, T, H>(channel: Channel<P, T, H>): LastOf<Channel<P, T, H>> {
  return (nats, ...args) => last(nats, channel, ...args);
}
