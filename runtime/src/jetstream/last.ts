import { copyOut } from "../buffers/slab.js";
import type { NatsCommand } from "../commands/nats-command.js";
import { NoRespondersError, PermissionViolationError } from "../errors.js";
import { type NatsHeaders, parseHeaders } from "../protocol/headers.js";
import { argument, type FilterArguments, type SubjectArguments } from "../sdk/arguments.js";
import type { Channel } from "../sdk/channel.js";
import type { NatsSerializer } from "../serialization/serializer.js";
import { callOf } from "../waiting/call.js";
import { api, apiPrefix, type JetStreamOptions, streamOf } from "./api.js";
import { checkName } from "./check.js";
import { OWN_HEADERS } from "./direct.js";
import { JetStreamError, NoStreamError } from "./errors.js";
import { OrderedReplay } from "./ordered-replay.js";
import { type AnyChannel, type AnyMessage, type ChannelLike, Reading } from "./reading.js";
import type { DeliveredOf, Metadata, StoredOf } from "./stored.js";

/** Options of reading the latest messages. */
export interface LastOptions extends JetStreamOptions {
  /** The stream; default: the one that stores the subject. */
  readonly stream?: string;
}

/** Parameters of one subject of a channel `C`, and options. */
export type LastArguments<C> =
  C extends Channel<infer P, infer _T, infer _H>
    ? [...params: SubjectArguments<P>, options?: LastOptions | undefined]
    : never;

/** Parameters of subjects of a channel `C`, and options. */
export type LastPerSubjectArguments<C> =
  C extends Channel<infer P, infer _T, infer _H>
    ? [...params: FilterArguments<P>, options?: Omit<LastOptions, "timeout"> | undefined]
    : never;

/**
 * Reads the latest message of a subject.
 *
 * ```ts
 * const status = await last(nats, Channels.cellStatus, { cell: "1" });
 * console.log(status?.message, status?.time);
 * ```
 *
 * @param channel The channel.
 * @param params The parameters of the subject, or a key of the subject.
 * @returns The message; `undefined` if there is none. Rejects with InvalidArgumentError,
 * NoStreamError, JetStreamOffError, JetStreamError, DeserializeError, or the errors of
 * NatsCommand.request. On a stream with several replicas it may be a moment behind.
 * @see ADR-31, direct get
 */
export function last<C extends ChannelLike>(
  nats: NatsCommand,
  channel: C,
  ...args: LastArguments<C>
): Promise<StoredOf<C> | undefined>;
export function last(
  nats: NatsCommand,
  channel: AnyChannel,
  first?: unknown,
  second?: unknown,
): Promise<AnyMessage | undefined> {
  return callOf(async () => {
    const given = argument(channel.subject.arity, first, second) as LastOptions | undefined;
    const { stream: named = channel.stream, ...options } = given ?? {};
    if (named !== undefined) checkName("stream", named);
    const subject = String(channel.subject.address(first));
    const stream = named ?? (await streamOf(nats, subject, options));
    const raw =
      (await directly(nats, stream, subject, options)) ??
      (await indirectly(nats, stream, subject, options));
    if (raw === undefined || raw === "none") return undefined;
    return Reading.ofChannel(channel, {}).read(raw, subject, { ...raw.metadata, stream });
  }, nats);
}

/**
 * Reads the latest message of each subject of a channel.
 *
 * @param channel The channel.
 * @param params The parameters of the subjects; a parameter that is left out matches every value.
 * @returns The messages, in the stream's order. Rejects as {@link last} does. Unreadable messages
 * are skipped and reported to the connection's `onError`.
 */
export function lastPerSubject<C extends ChannelLike>(
  nats: NatsCommand,
  channel: C,
  ...args: LastPerSubjectArguments<C>
): Promise<readonly DeliveredOf<C>[]>;
export function lastPerSubject(
  nats: NatsCommand,
  channel: AnyChannel,
  first?: unknown,
  second?: unknown,
): Promise<readonly AnyMessage[]> {
  return callOf(async () => {
    const given = argument(channel.subject.arity, first, second) as LastOptions | undefined;
    const { stream, domain, signal } = given ?? {};
    const found = new Map<string, AnyMessage>();
    const all = new OrderedReplay(nats, Reading.ofChannel(channel, first), {
      from: "lastPerSubject",
      live: false,
      ...(stream === undefined ? undefined : { stream }),
      ...(domain === undefined ? undefined : { domain }),
      ...(signal === undefined ? undefined : { signal }),
    });
    for await (const batch of all.batches()) {
      for (const message of batch) {
        // A newer message of the same subject replaces the one before.
        found.delete(message.subject);
        found.set(message.subject, message);
      }
    }
    return [...found.values()];
  }, nats);
}

/** A stored message as bytes. */
interface Raw {
  readonly subject: string;
  readonly reply: undefined;
  readonly headers: NatsHeaders | undefined;
  readonly buffer: Uint8Array;
  readonly start: number;
  readonly end: number;
  readonly metadata: Omit<Metadata, "stream">;
}

const replies: NatsSerializer<Raw | "none"> = {
  serialize() {},
  deserialize(buffer, start, end, headers) {
    const { status = 0, description = "" } = headers ?? {};
    if (status === 404) return "none";
    if (status !== 0) {
      throw new JetStreamError(`JetStream says: ${status} ${description}`, 0, description);
    }
    const sequence = Number(headers?.get("Nats-Sequence"));
    const time = Date.parse(headers?.get("Nats-Time-Stamp") ?? "");
    for (const name of OWN_HEADERS) headers?.delete(name);
    const bytes = copyOut(buffer, start, end);
    return {
      subject: "",
      reply: undefined,
      headers: headers?.size ? headers : undefined,
      buffer: bytes,
      start: 0,
      end: bytes.length,
      metadata: { sequence, time, deliveries: 1, pending: 0 },
    };
  },
};

/** @returns `undefined` if the stream does not allow it. */
async function directly(
  nats: NatsCommand,
  stream: string,
  subject: string,
  { domain, timeout, signal }: LastOptions,
): Promise<Raw | "none" | undefined> {
  try {
    return await nats.request<Raw | "none", undefined>(
      `${apiPrefix(domain)}DIRECT.GET.${stream}.${subject}`,
      undefined,
      {
        replySerializer: replies,
        ...(timeout === undefined ? undefined : { timeout }),
        ...(signal === undefined ? undefined : { signal }),
      },
    );
  } catch (error) {
    if (error instanceof NoRespondersError) return undefined;
    throw error;
  }
}

/** Reply to STREAM.MSG.GET. */
interface StoredAnswer {
  readonly message: {
    readonly seq: number;
    readonly time: string;
    readonly hdrs?: string;
    readonly data?: string;
  };
}

const NO_MESSAGE = 10037;

async function indirectly(
  nats: NatsCommand,
  stream: string,
  subject: string,
  options: LastOptions,
): Promise<Raw | undefined> {
  try {
    const { message } = await api<StoredAnswer>(
      nats,
      `STREAM.MSG.GET.${stream}`,
      { last_by_subj: subject },
      options,
    );
    const buffer = fromBase64(message.data ?? "");
    const { seq: sequence, time, hdrs } = message;
    return {
      subject,
      reply: undefined,
      headers: hdrs === undefined ? undefined : headersOf(fromBase64(hdrs)),
      buffer,
      start: 0,
      end: buffer.length,
      metadata: {
        sequence,
        time: Date.parse(time),
        deliveries: 1,
        pending: 0,
      },
    };
  } catch (error) {
    if (error instanceof JetStreamError && error.errorCode === NO_MESSAGE) return undefined;
    // The command reads any message of the stream, so some users have no permission for it.
    if (error instanceof PermissionViolationError) throw noDirectGet(stream, subject, error);
    throw error;
  }
}

function noDirectGet(stream: string, subject: string, cause: unknown): NoStreamError {
  return new NoStreamError(
    `The stream "${stream}" does not exist, or does not allow direct gets of "${subject}", and this user has no permission for other requests. Create the stream, or allow direct gets (allowDirect).`,
    0,
    "",
    { cause },
  );
}

function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

function headersOf(bytes: Uint8Array): NatsHeaders {
  return parseHeaders(bytes, 0, bytes.length);
}
