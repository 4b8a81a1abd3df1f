import type { NatsCommand } from "../commands/nats-command.js";
import type { Channel } from "./channel.js";
import type { Procedure } from "./procedure.js";
import type { Responder } from "./responder.js";

/** Signature of a method without its documentation, so that editors show that of the constant. */
type Signature<F> = F extends (nats: NatsCommand, ...args: infer A) => infer R
  ? (nats: NatsCommand, ...args: A) => R
  : never;

/** Function that publishes to a channel. */
export type PublishTo<C extends { readonly publish: unknown }> = Signature<C["publish"]>;

/** Function that subscribes to a channel. */
export type SubscribeTo<C extends { readonly subscribe: unknown }> = Signature<C["subscribe"]>;

/** Function that iterates over the messages of a channel. */
export type MessagesOf<C extends { readonly messages: unknown }> = Signature<C["messages"]>;

/** Function that sends requests of a procedure. */
export type RequestTo<C extends { readonly request: unknown }> = Signature<C["request"]>;

/** Function that answers requests of a procedure, or of several procedures by a responder. */
export type RespondTo<C extends { readonly respond: unknown }> = Signature<C["respond"]>;

/**
 * Binds `publish` to a channel, so that programs carry only the functions that they call.
 *
 * ```ts
 * export const publishChat: PublishTo<typeof chat> = publishTo(chat);
 * await publishChat(nats, { room: "eu-1" }, { text: "hello" });
 * ```
 */
export function publishTo<P, T, H>(channel: Channel<P, T, H>): Channel<P, T, H>["publish"] {
  return channel.publish.bind(channel);
}

/** Binds `subscribe` to a channel, as {@link publishTo} binds `publish`. */
export function subscribeTo<P, T, H>(channel: Channel<P, T, H>): Channel<P, T, H>["subscribe"] {
  return channel.subscribe.bind(channel);
}

/** Binds `messages` to a channel, as {@link publishTo} binds `publish`. */
export function messagesOf<P, T, H>(channel: Channel<P, T, H>): Channel<P, T, H>["messages"] {
  return channel.messages.bind(channel);
}

/** Binds `request` to a procedure, as {@link publishTo} binds `publish`. */
export function requestTo<P, Q, R, H>(
  procedure: Procedure<P, Q, R, H>,
): Procedure<P, Q, R, H>["request"] {
  return procedure.request.bind(procedure);
}

/** Binds `respond` to a procedure or a responder, as {@link publishTo} binds `publish`. */
export function respondTo<P, Q, R, H>(
  procedure: Procedure<P, Q, R, H>,
): Procedure<P, Q, R, H>["respond"];
export function respondTo<P, O>(responder: Responder<P, O>): Responder<P, O>["respond"];
export function respondTo(of: { readonly respond: (...args: never) => unknown }): unknown {
  return of.respond.bind(of);
}
