import { decodeUtf8 } from "../buffers/bytes.js";
import type { NatsCommand, RequestOptions } from "../commands/nats-command.js";
import { DisconnectedError, NoRespondersError, TimeoutError } from "../errors.js";
import { NatsHeaders, type NatsHeadersInit } from "../protocol/headers.js";
import type { NatsKey } from "../protocol/nats-key.js";
import { argument, type SendArguments } from "../sdk/arguments.js";
import type { Channel } from "../sdk/channel.js";
import type { NatsSerializer } from "../serialization/serializer.js";
import { checkSignal, checkTimeout } from "../waiting/deadline.js";
import { sleep } from "../waiting/sleep.js";
import {
  type ApiError,
  isTemporary,
  type JetStreamOptions,
  noStream,
  RETRY_PAUSE,
  streamOf,
  toError,
} from "./api.js";
import { JetStreamError, NoStreamError, WrongLastError } from "./errors.js";
import type { AnyChannel, ChannelLike } from "./reading.js";

/** What the stream must look like for a message to be stored; else WrongLastError. */
export interface Expectations {
  /** The sequence of the stream's last message; 0 for an empty stream. */
  readonly lastSequence?: number;
  /** The sequence of the last message on the same subject; 0 for none. */
  readonly lastSubjectSequence?: number;
  /** The {@link AppendOptions.messageId} of the stream's last message. */
  readonly lastMessageId?: string;
  /** The name of the stream. */
  readonly stream?: string;
}

/** How to append. */
export interface AppendOptions extends Omit<JetStreamOptions, "domain"> {
  /**
   * Names the message, so that it is stored once however often it is appended within the stream's
   * duplicate window. With it, appending is tried again when the connection is lost, and when no answer
   * comes for 2 seconds: a leader that dies takes with it what it has not stored yet.
   */
  readonly messageId?: string | undefined;
  /** What the stream must look like. */
  readonly expect?: Expectations | undefined;
}

/** What the stream says of a message that it stored. */
export interface Appended {
  /** The stream's name. */
  readonly stream: string;
  /** The message's place in it, from 1 on. */
  readonly sequence: number;
  /** Whether the stream had the message already, by its `messageId`; `sequence` is then that of the first. */
  readonly duplicate: boolean;
}

/** Parameters, payload and options of a message to append to a channel `C`. */
export type AppendArguments<C> =
  C extends Channel<infer P, infer T, infer H> ? SendArguments<P, T, H, AppendOptions> : never;

/** {@link AppendOptions} as they are at run time. */
interface Given extends AppendOptions {
  readonly headers?: unknown;
}

/**
 * Appends a message to the stream that keeps its subject.
 *
 * ```ts
 * const { sequence } = await append(nats, Channels.playerHit, { serverId, steamId }, hit, { messageId });
 * ```
 *
 * @param channel The channel of the message.
 * @param params The parameters of the subject, or a key that the subject made of them.
 * @param message The payload.
 * @param options `timeout`: milliseconds for all attempts; 5,000 by default.
 * @returns Settles when the stream has stored the message. Rejects with NoStreamError, StreamFullError,
 *   WrongLastError, JetStreamOffError, PermissionViolationError, JetStreamError, or what
 *   NatsCommand.request rejects with. After TimeoutError and DisconnectedError it is unknown whether the
 *   message was stored; append it again with the same `messageId`.
 * @see ADR-22, JetStream publish retries
 */
export function append<C extends ChannelLike>(
  nats: NatsCommand,
  channel: C,
  ...args: AppendArguments<C>
): Promise<Appended>;
export function append(
  nats: NatsCommand,
  channel: AnyChannel,
  first?: unknown,
  second?: unknown,
  third?: unknown,
): Promise<Appended> {
  try {
    const { subject, message } = channel;
    const { arity } = subject;
    const payload = message.isEmpty ? undefined : argument(arity, first, second);
    const options = argument(message.isEmpty ? arity : arity + 1, first, second, third);
    return store(nats, channel, subject.address(first), payload, options as Given | undefined);
  } catch (error) {
    return Promise.reject(error);
  }
}

/** How often a temporary failure is tried again (ADR-22). */
const RETRIES = 2;

function store(
  nats: NatsCommand,
  channel: AnyChannel,
  key: NatsKey | string,
  message: unknown,
  options: Given | undefined,
): Promise<Appended> {
  const sent = sending(channel, options);
  const begun = performance.now();
  const first = attempt(nats, key, message, sent);
  return first.catch((error: unknown) => {
    if (!isTemporary(error) && !isInDoubt(error, options)) throw error;
    return again(nats, channel, key, message, options, begun, error);
  });
}

/**
 * Sends a message to a stream once.
 *
 * @throws as {@link append}, without trying again.
 */
export async function attempt(
  nats: NatsCommand,
  key: NatsKey | string,
  message: unknown,
  sent: RequestOptions,
): Promise<Appended> {
  const answer = (await nats.request(key, message, sent)) as Answer;
  if (answer.error !== undefined) throw refusal(String(key), answer.error);
  const { stream, seq, duplicate = false } = answer;
  if (typeof stream !== "string" || typeof seq !== "number") {
    throw new JetStreamError(
      `What answered on "${String(key)}" is no stream. Is there a responder on the subject as well?`,
    );
  }
  return { stream, sequence: seq, duplicate };
}

/** Tries again what failed before, as long as there is hope. */
async function again(
  nats: NatsCommand,
  channel: AnyChannel,
  key: NatsKey | string,
  message: unknown,
  options: Given | undefined,
  begun: number,
  failure: unknown,
): Promise<Appended> {
  const timeout = options?.timeout ?? DEFAULT_TIMEOUT;
  let error = failure;
  for (let temporary = 0; ; ) {
    if (isTemporary(error)) {
      if (++temporary > RETRIES) throw await explained(nats, key, error);
      await sleep(RETRY_PAUSE, options?.signal);
    } else if (!isInDoubt(error, options)) {
      throw error;
    }
    const left = begun + timeout - performance.now();
    if (left <= 0) throw timelyError(key, error, timeout);
    try {
      return await attempt(nats, key, message, sending(channel, { ...options, timeout: left }));
    } catch (next) {
      error = next;
    }
  }
}

/** Milliseconds for all attempts where nothing is said. */
export const DEFAULT_TIMEOUT = 5_000;

/** How long an attempt waits whose message may be sent again. */
const ANSWER_WAIT = 2_000; // milliseconds

/** @returns Whether it is unknown if a message was stored, and sending it again does no harm. */
export function isInDoubt(
  error: unknown,
  options: Pick<AppendOptions, "messageId"> | undefined,
): boolean {
  const unknown = error instanceof DisconnectedError || error instanceof TimeoutError;
  return unknown && options?.messageId !== undefined;
}

/** @returns The error of the last attempt, which had less time than all of them together. */
export function timelyError(key: NatsKey | string, error: unknown, timeout: number): unknown {
  if (!(error instanceof TimeoutError)) return error;
  return new TimeoutError(
    `No stream confirmed "${String(key)}" within ${timeout} ms, and it may be stored all the same. Append it again with the same messageId, or give it more time (timeout).`,
  );
}

/** @returns What is wrong where nobody answered. */
export async function explained(
  nats: NatsCommand,
  key: NatsKey | string,
  error: unknown,
): Promise<unknown> {
  if (!(error instanceof NoRespondersError)) return error;
  try {
    await streamOf(nats, String(key), {});
  } catch (cause) {
    if (cause instanceof JetStreamError && !(cause instanceof NoStreamError)) return cause;
  }
  return noStream(String(key), error);
}

/** What a stream answers. */
interface Answer {
  readonly stream?: string;
  readonly seq?: number;
  readonly duplicate?: boolean;
  readonly error?: ApiError;
}

const acknowledgements: NatsSerializer = {
  serialize() {},
  deserialize(buffer, start, end): Answer {
    try {
      return (JSON.parse(decodeUtf8(buffer, start, end)) as Answer | null) ?? {};
    } catch {
      return {};
    }
  },
};

/** The options for messages that say nothing of their own, by channel: made once. */
const plain = new WeakMap<AnyChannel, RequestOptions>();

/**
 * @returns The options of the request.
 * @throws InvalidArgumentError
 */
export function sending(channel: AnyChannel, options: Given | undefined): RequestOptions {
  let made = plain.get(channel);
  if (made === undefined) {
    made = {
      serializer: channel.message as NatsSerializer,
      replySerializer: acknowledgements,
      timeout: DEFAULT_TIMEOUT,
    };
    plain.set(channel, made);
  }
  if (options === undefined) return made;
  const { messageId, timeout = DEFAULT_TIMEOUT, signal } = options;
  checkSignal(signal);
  checkTimeout(timeout);
  const headers = headersOf(channel, options);
  return {
    ...made,
    ...(headers === undefined ? undefined : { headers }),
    timeout: messageId === undefined ? timeout : Math.min(timeout, ANSWER_WAIT),
    ...(signal === undefined ? undefined : { signal }),
  };
}

function headersOf(
  channel: AnyChannel,
  { headers, messageId, expect }: Given,
): NatsHeadersInit | undefined {
  const { headerCodec } = channel.message;
  const own =
    headers !== undefined && headerCodec !== undefined
      ? headerCodec.write(headers)
      : (headers as NatsHeadersInit | undefined);
  if (messageId === undefined && expect === undefined) return own;
  const all = new NatsHeaders(own);
  if (messageId !== undefined) all.set("Nats-Msg-Id", messageId);
  if (expect === undefined) return all;
  const { lastSequence, lastSubjectSequence, lastMessageId, stream } = expect;
  if (lastSequence !== undefined) all.set("Nats-Expected-Last-Sequence", String(lastSequence));
  if (lastSubjectSequence !== undefined)
    all.set("Nats-Expected-Last-Subject-Sequence", String(lastSubjectSequence));
  if (lastMessageId !== undefined) all.set("Nats-Expected-Last-Msg-Id", lastMessageId);
  if (stream !== undefined) all.set("Nats-Expected-Stream", stream);
  return all;
}

const WRONG_LAST: ReadonlySet<number> = new Set([10070, 10071, 10164]);
const OTHER_STREAM = 10060;

function refusal(subject: string, error: ApiError): JetStreamError {
  const { err_code: code = 0, description = "" } = error;
  if (WRONG_LAST.has(code)) {
    const last = /sequence: (\d+)/.exec(description)?.[1];
    return new WrongLastError(
      subject,
      code,
      description,
      last === undefined ? undefined : Number(last),
    );
  }
  if (code === OTHER_STREAM) {
    return new NoStreamError(
      `"${subject}" is kept by another stream than the expected one. Compare their subjects.`,
      code,
      description,
    );
  }
  return toError(error, `The message for "${subject}"`);
}
