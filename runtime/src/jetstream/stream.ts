import type { Channel } from "../sdk/channel.js";
import type { NoParams } from "../sdk/subject.js";
import type { DeliveredOf, NamedBy } from "./stored.js";

/**
 * Configuration of a stream. The server's defaults apply to missing properties.
 *
 * @see https://docs.nats.io/nats-concepts/jetstream/streams
 */
export interface StreamConfig {
  readonly name: string;
  /** The stored subjects; may contain wildcards. */
  readonly subjects: readonly string[];
  readonly description?: string;
  /**
   * Time of removal: at the limits (the server's default), when no consumer needs a message, or
   * after one consumer has acknowledged it.
   */
  readonly retention?: "limits" | "interest" | "workqueue";
  /** Storage of messages; `file` is the server's default. */
  readonly storage?: "file" | "memory";
  /** Messages discarded at the limits: the oldest (the server's default), or new ones. */
  readonly discard?: "old" | "new";
  /** `true` to apply `discard: "new"` to each subject separately. */
  readonly discardNewPerSubject?: boolean;
  /** Milliseconds; 0 for no limit. */
  readonly maxAge?: number;
  /** Bytes of all messages together; -1 for no limit. */
  readonly maxBytes?: number;
  /** -1 for no limit. */
  readonly maxMessages?: number;
  /** -1 for no limit. */
  readonly maxMessagesPerSubject?: number;
  /** Bytes of one message; -1 for the server's limit. */
  readonly maxMessageSize?: number;
  readonly maxConsumers?: number;
  /** Number of servers of a cluster that store the stream. */
  readonly replicas?: number;
  /** Milliseconds for which the server remembers a message's id. */
  readonly duplicateWindow?: number;
  /** `true` if the latest message of a subject can be read without a consumer; default `true`. */
  readonly allowDirect?: boolean;
  readonly denyDelete?: boolean;
  readonly denyPurge?: boolean;
}

/** A stream with its channels, by name. */
export interface Stream<C extends object> {
  readonly config: StreamConfig;
  readonly channels: C;
}

/** A message of one of the channels `C`, distinguished by `channel`. */
export type EventOf<C> = {
  readonly [N in keyof C]: NamedBy<N, DeliveredOf<C[N]>>;
}[keyof C];

/** The parameters that the subjects of all channels `C` have, all of them optional. */
export type CommonParams<C> = PartOf<
  {
    readonly [N in keyof C]: C[N] extends Channel<infer P, infer _T, infer _H> ? P : NoParams;
  }[keyof C]
>;

/** The properties that all members of a union have. */
type PartOf<P> = { readonly [K in keyof P]?: P[K] | undefined };

/**
 * Creates a stream from its configuration and its channels.
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
