import type { NatsCommand } from "../commands/nats-command.js";
import {
  ConnectionClosedError,
  ConnectionDrainingError,
  ConnectionError,
  DisconnectedError,
  TimeoutError,
} from "../errors.js";
import { sleep } from "../waiting/sleep.js";
import { api, isTemporary, type JetStreamOptions, nanoseconds, RETRY_PAUSE } from "./api.js";
import { JetStreamUnavailableError, MissingSequenceError } from "./errors.js";

/** State of a consumer on the server. */
export interface ConsumerInfo {
  readonly stream_name: string;
  readonly name: string;
  readonly num_pending: number;
  readonly delivered: { readonly stream_seq: number; readonly consumer_seq: number };
  /** Only in a cluster. */
  readonly cluster?: { readonly leader?: string };
}

/** Configuration of a consumer on the server: the properties that are used here. */
export interface ConsumerConfig {
  readonly name: string;
  readonly durable_name?: string;
  readonly ack_policy: "explicit" | "none";
  readonly deliver_subject?: string;
  readonly flow_control?: boolean;
  readonly idle_heartbeat?: number;
  readonly ack_wait?: number;
  readonly max_ack_pending?: number;
  readonly deliver_policy:
    | "all"
    | "new"
    | "last_per_subject"
    | "by_start_sequence"
    | "by_start_time";
  readonly opt_start_seq?: number;
  readonly opt_start_time?: string;
  readonly inactive_threshold?: number;
  readonly mem_storage?: boolean;
  readonly num_replicas?: number;
}

/**
 * Creates a consumer, or updates an existing one.
 *
 * @param filters The subjects to deliver; an empty list for all.
 * @throws JetStreamError and its classes.
 */
export function createConsumer(
  nats: NatsCommand,
  stream: string,
  config: ConsumerConfig,
  filters: readonly string[],
  options: JetStreamOptions,
): Promise<ConsumerInfo> {
  const [only, second] = filters;
  const command = `CONSUMER.CREATE.${stream}.${config.name}`;
  const create = (subject: string, filter: object): Promise<ConsumerInfo> => {
    const body = { stream_name: stream, config: { ...config, ...filter }, action: "" };
    return api<ConsumerInfo>(nats, subject, body, options);
  };
  if (only === undefined) return create(command, {});
  if (second !== undefined) return create(command, { filter_subjects: filters });
  // The filter is also part of the subject, so that permissions can restrict a user to a part of a
  // stream.
  return create(`${command}.${only}`, { filter_subject: only });
}

/**
 * Looks up a consumer.
 *
 * @throws JetStreamError and its classes.
 */
export function consumerInfo(
  nats: NatsCommand,
  stream: string,
  name: string,
  options: JetStreamOptions,
): Promise<ConsumerInfo> {
  return api<ConsumerInfo>(nats, `CONSUMER.INFO.${stream}.${name}`, undefined, options);
}

/** Start of reading. */
export type From =
  | "first"
  | "new"
  | "lastPerSubject"
  | { readonly sequence: number }
  | { readonly time: Date };

/** @returns {@link From} in the server's form. */
export function startOf(
  from: From,
): Pick<ConsumerConfig, "deliver_policy" | "opt_start_seq" | "opt_start_time"> {
  if (from === "first") return { deliver_policy: "all" };
  if (from === "new") return { deliver_policy: "new" };
  if (from === "lastPerSubject") return { deliver_policy: "last_per_subject" };
  if ("time" in from) {
    return { deliver_policy: "by_start_time", opt_start_time: from.time.toISOString() };
  }
  return { deliver_policy: "by_start_sequence", opt_start_seq: Math.max(1, from.sequence) };
}

/**
 * Checks that a new consumer starts where it should.
 *
 * @param from The requested start.
 * @param info The server's reply to its creation.
 * @param isExact `true` if `info` has the sequence at which the server begins.
 * @returns The missing messages; `undefined` if there are none, or if the server does not report
 * them.
 */
export async function findMissing(
  nats: NatsCommand,
  from: From,
  info: ConsumerInfo,
  domain: string | undefined,
  isExact = true,
): Promise<MissingSequenceError | undefined> {
  const { stream_name: stream, delivered, num_pending: pending } = info;
  if (typeof from === "string" || !("sequence" in from)) return undefined;
  const sequence = Math.max(1, from.sequence);
  // Before the first delivery, the server reports the start; if messages wait, the stream does not
  // end before it.
  const begins = delivered.consumer_seq === 0 && delivered.stream_seq < sequence;
  if (isExact && begins && pending > 0) return undefined;
  let state: { readonly first_seq: number; readonly last_seq: number };
  try {
    ({ state } = await api<{ state: typeof state }>(nats, `STREAM.INFO.${stream}`, undefined, {
      domain,
    }));
  } catch {
    return undefined;
  }
  const holds = { first: state.first_seq, last: state.last_seq };
  const there = sequence >= holds.first && sequence <= holds.last + 1;
  return there ? undefined : new MissingSequenceError(stream, sequence, holds);
}

/**
 * Repeats an operation that needs the server while the server is away.
 *
 * @param attempt The operation.
 * @param running Returns `true` while the result is still needed.
 * @param isAway Returns `true` for errors that mean that the server is away.
 * @returns `undefined` if the result is no longer needed.
 * @throws errors that waiting does not solve.
 */
export async function persistently<R>(
  attempt: () => Promise<R>,
  running: () => boolean,
  isAway: (error: unknown) => boolean = isAwayForNow,
): Promise<R | undefined> {
  while (running()) {
    try {
      return await attempt();
    } catch (error) {
      if (!isAway(error)) throw error;
      await sleep(RETRY_PAUSE);
    }
  }
  return undefined;
}

/** @returns `true` for errors that mean that a server that was there before is away. */
function isAwayForNow(error: unknown): boolean {
  return (
    isTemporary(error) ||
    error instanceof TimeoutError ||
    (error instanceof ConnectionError && !(error instanceof ConnectionClosedError))
  );
}

/** @returns `true` for errors that mean that a server is away, before anything is known about it. */
export function isAwayAtFirst(error: unknown): boolean {
  return (
    error instanceof JetStreamUnavailableError ||
    error instanceof TimeoutError ||
    error instanceof DisconnectedError
  );
}

/** @returns `true` for errors that mean that the program has closed the connection, or is about to. */
export function isClosing(error: unknown): boolean {
  return error instanceof ConnectionClosedError || error instanceof ConnectionDrainingError;
}

/** Milliseconds after which the server deletes an unused consumer without a name. */
export const INACTIVE = 60_000;

/** @returns The part of a temporary consumer's configuration. */
export function passing(): Pick<
  ConsumerConfig,
  "ack_policy" | "mem_storage" | "num_replicas" | "inactive_threshold"
> {
  return {
    ack_policy: "none",
    mem_storage: true,
    num_replicas: 1,
    inactive_threshold: nanoseconds(INACTIVE),
  };
}
