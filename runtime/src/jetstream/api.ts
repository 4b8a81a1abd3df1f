import { decodeUtf8 } from "../buffers/bytes.js";
import type { NatsCommand, WaitOptions } from "../commands/nats-command.js";
import { NoRespondersError } from "../errors.js";
import { NatsKey } from "../protocol/nats-key.js";
import type { NatsSerializer } from "../serialization/serializer.js";
import {
  JetStreamError,
  JetStreamOffError,
  JetStreamUnavailableError,
  NoStreamError,
  StreamFullError,
} from "./errors.js";

/** Location of JetStream, and time limit of its reply. */
export interface JetStreamOptions extends WaitOptions {
  /** The JetStream domain, if it is not that of the server. */
  readonly domain?: string | undefined;
}

/** Error in a reply of JetStream. */
export interface ApiError {
  readonly code?: number;
  readonly err_code?: number;
  readonly description?: string;
}

/**
 * The server's codes of errors.
 *
 * @see https://github.com/nats-io/nats-server/blob/main/server/errors.json
 */
export const ERROR_CODES = {
  consumerNotFound: 10014,
  streamNotFound: 10059,
  /** The leader failed to store a message; other replicas may have stored it. */
  storeFailed: 10077,
  /** An earlier copy of the message is being replicated. */
  duplicateInProcess: 10158,
} as const;

const OFF: ReadonlySet<number> = new Set([10035, 10039, 10076]);
const FULL: ReadonlySet<number> = new Set([
  10002, // resource limits of the account
  10023, // insufficient resources
  10028, // insufficient memory
  10047, // insufficient storage
]);
/** Errors after which nothing was done, and another attempt succeeds a moment later. */
const TEMPORARY: ReadonlySet<number> = new Set([
  10004, // incomplete results: some servers did not answer
  10007, // the stream is not assigned to this server
  10008, // no leader
  10009, // this server is not the leader
  10118, // the stream is offline
  10119, // the consumer is offline
  10163, // another message on the same subject is being replicated
  10167, // too many requests: the stream is behind
]);
const UNAVAILABLE = 503;

/** Replies are JSON for any serializer of the connection. */
const answers: NatsSerializer = {
  serialize(value, writer) {
    if (value !== undefined) writer.utf8(JSON.stringify(value));
  },
  deserialize(buffer, start, end) {
    return JSON.parse(decodeUtf8(buffer, start, end));
  },
};

const API_OPTIONS = { serializer: answers, replySerializer: answers } as const;

/**
 * The subject of a command: a filter at its end may contain wildcards, which the server accepts.
 */
class CommandKey extends NatsKey {
  override readonly wildcard: boolean = false;
}

/** @returns The prefix of JetStream's command subjects. */
export function apiPrefix(domain: string | undefined): string {
  return domain === undefined ? "$JS.API." : `$JS.${domain}.API.`;
}

/**
 * Sends a request to JetStream.
 *
 * @param command The subject after `$JS.API.`.
 * @param body The content of the request.
 * @throws JetStreamError and its classes, or the errors of NatsCommand.request.
 * @see https://docs.nats.io/reference/reference-protocols/nats_api_reference
 */
export async function api<R>(
  nats: NatsCommand,
  command: string,
  body: object | undefined,
  options: JetStreamOptions,
): Promise<R> {
  const { domain, timeout, signal } = options;
  const wait = {
    ...(timeout === undefined ? undefined : { timeout }),
    ...(signal === undefined ? undefined : { signal }),
  };
  let answer: (R & { readonly type?: unknown; readonly error?: ApiError }) | null;
  try {
    answer = (await nats.request<unknown>(new CommandKey(apiPrefix(domain) + command), body, {
      ...API_OPTIONS,
      ...wait,
    })) as typeof answer;
  } catch (error) {
    throw error instanceof NoRespondersError ? jetStreamOff(error) : error;
  }
  if (typeof answer?.type !== "string") {
    throw new JetStreamError(
      `The reply to "${command}" is not from JetStream. Does a stream store "${apiPrefix(domain)}>" or all subjects (">")? It then confirms requests to JetStream. Remove these subjects from the stream.`,
    );
  }
  if (answer.error !== undefined) throw toError(answer.error, `"${command}"`);
  return answer;
}

/** @returns The error for an error reply of JetStream. */
export function toError(error: ApiError, what: string): JetStreamError {
  const { err_code: code = 0, description = "" } = error;
  if (OFF.has(code)) return jetStreamOff(undefined, code, description);
  // A leader that has just lost its place gives no number.
  if (TEMPORARY.has(code) || (code === 0 && error.code === UNAVAILABLE)) {
    return new JetStreamUnavailableError(
      `${what}: JetStream is temporarily unavailable (${description}). Try again later.`,
      code,
      description,
    );
  }
  if (code === ERROR_CODES.streamNotFound) {
    return new NoStreamError(
      `${what}: the stream does not exist. Create it, for example with ensureStreams().`,
      code,
      description,
    );
  }
  if (FULL.has(code) || /^maximum (messages|bytes)/i.test(description)) {
    return new StreamFullError(
      `${what}: the storage is full (${description}). Raise the limits of the stream or the account, or let the stream discard old messages (discard: old).`,
      code,
      description,
    );
  }
  return new JetStreamError(`${what} was refused by JetStream: ${description}`, code, description);
}

/** Wait for a reply before the request is sent again: requests are lost when a server crashes. */
export const ANSWER_WAIT = 2_000; // milliseconds

/** A moment for JetStream to find its leader (ADR-22). */
export const RETRY_PAUSE = 250; // milliseconds

/**
 * @returns `true` if another attempt may succeed a moment later, because JetStream is electing a
 * leader or is behind.
 */
export function isTemporary(error: unknown): boolean {
  return (
    error instanceof NoRespondersError ||
    error instanceof JetStreamOffError ||
    error instanceof JetStreamUnavailableError
  );
}

/** @returns The error for a server without JetStream. */
export function jetStreamOff(
  cause: Error | undefined,
  code = 0,
  description = "",
): JetStreamOffError {
  return new JetStreamOffError(
    "JetStream does not answer. Enable it for the server (--jetstream) and for the account, and check the domain.",
    code,
    description,
    cause === undefined ? undefined : { cause },
  );
}

/**
 * Looks up the streams that store a subject.
 *
 * @param subject The subject; may contain wildcards.
 * @returns Their names.
 */
export async function streamsOf(
  nats: NatsCommand,
  subject: string,
  options: JetStreamOptions,
): Promise<readonly string[]> {
  const answer = await api<{ streams?: readonly string[] | null }>(
    nats,
    "STREAM.NAMES",
    { subject },
    options,
  );
  return answer.streams ?? [];
}

/**
 * Finds the stream that stores a subject.
 *
 * @param subject The subject; may contain wildcards.
 * @throws NoStreamError if there is none, or more than one.
 */
export async function streamOf(
  nats: NatsCommand,
  subject: string,
  options: JetStreamOptions,
): Promise<string> {
  const [stream, second] = await streamsOf(nats, subject, options);
  if (stream === undefined) throw noStream(subject);
  if (second !== undefined) {
    throw new NoStreamError(
      `More than one stream stores "${subject}" (${stream}, ${second}): choose one with the option "stream".`,
    );
  }
  return stream;
}

/** @returns The error for a subject that no stream stores. */
export function noStream(subject: string, cause?: unknown): NoStreamError {
  return new NoStreamError(
    `No stream stores "${subject}". Create one, for example with ensureStreams(), or check the subject.`,
    0,
    "",
    cause === undefined ? undefined : { cause },
  );
}

const MILLION = 1_000_000;

/** @returns Nanoseconds, as JetStream counts them. */
export function nanoseconds(milliseconds: number): number {
  return Math.round(milliseconds * MILLION);
}
