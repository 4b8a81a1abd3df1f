import type { Channel } from "../sdk/channel.js";
import type { NoParams } from "../sdk/subject.js";
import type { DeliveredOf, NamedBy } from "./stored.js";

/**
 * What a stream is to be. What is left out is as the server has it.
 *
 * @see https://docs.nats.io/nats-concepts/jetstream/streams
 */
export interface StreamConfig {
  readonly name: string;
  /** The subjects that it keeps; may hold wildcards. */
  readonly subjects: readonly string[];
  readonly description?: string;
  /** Until when messages are kept: as the limits say (the server's default), while consumers want them, or until one took them. */
  readonly retention?: "limits" | "interest" | "workqueue";
  /** Where messages are kept; `file` is the server's default. */
  readonly storage?: "file" | "memory";
  /** What goes when there is no room: the oldest (the server's default), or what would be new. */
  readonly discard?: "old" | "new";
  /** Whether `discard: "new"` holds for each subject by itself. */
  readonly discardNewPerSubject?: boolean;
  /** Milliseconds; 0 for without end. */
  readonly maxAge?: number;
  /** Bytes of all messages together; -1 for any number. */
  readonly maxBytes?: number;
  /** -1 for any number. */
  readonly maxMessages?: number;
  /** -1 for any number. */
  readonly maxMessagesPerSubject?: number;
  /** Bytes of one message; -1 for as many as the server takes. */
  readonly maxMessageSize?: number;
  readonly maxConsumers?: number;
  /** On how many servers of a cluster it is kept. */
  readonly replicas?: number;
  /** Milliseconds within which a message's id is remembered. */
  readonly duplicateWindow?: number;
  /** Whether the latest message of a subject can be had without a consumer; `true` where nothing is said. */
  readonly allowDirect?: boolean;
  readonly denyDelete?: boolean;
  readonly denyPurge?: boolean;
}

/** A stream with the channels that it keeps, by name. */
export interface Stream<C extends object> {
  readonly config: StreamConfig;
  readonly channels: C;
}

/** A message of one of the channels `C`, told apart by `channel`. */
export type EventOf<C> = {
  readonly [N in keyof C]: NamedBy<N, DeliveredOf<C[N]>>;
}[keyof C];

/** The parameters that the subjects of all channels `C` have, each with a value or left out. */
export type CommonParams<C> = PartOf<
  {
    readonly [N in keyof C]: C[N] extends Channel<infer P, infer _T, infer _H> ? P : NoParams;
  }[keyof C]
>;

/** Of a union the properties that all of its members have. */
type PartOf<P> = { readonly [K in keyof P]?: P[K] | undefined };

/**
 * Makes a stream of its configuration and the channels that it keeps.
 *
 * ```ts
 * const events = stream(
 *   { name: "EVENTS", subjects: ["game.*.events.>"] },
 *   { playerHit: Channels.playerHit, playerChatted: Channels.playerChatted },
 * );
 * ```
 */
export function stream<C extends object>(config: StreamConfig, channels: C): Stream<C> {
  return { config, channels };
}
