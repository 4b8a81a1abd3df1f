import type { NatsCommand } from "../commands/nats-command.js";

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

/** Function that responds to requests of a procedure, or of several procedures with a responder. */
export type RespondTo<C extends { readonly respond: unknown }> = Signature<C["respond"]>;
