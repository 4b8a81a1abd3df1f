import { decodeUtf8 } from "../buffers/bytes.js";
import type { NatsCommand, RequestOptions } from "../commands/nats-command.js";
import { NatsHeaders, type NatsHeadersInit } from "../protocol/headers.js";
import type { NatsKey } from "../protocol/nats-key.js";
import type { NatsSerializer } from "../serialization/serializer.js";
import { checkSignal, checkTimeout } from "../waiting/deadline.js";
import { type ApiError, type JetStreamOptions, toError } from "./api.js";
import { JetStreamError, NoStreamError, WrongLastError } from "./errors.js";
import type { AnyChannel } from "./reading.js";

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
   * duplicate window. With it, the message is sent again until its `timeout` when the connection is lost, when an
   * earlier copy is still being replicated, and when no answer comes for 2 seconds: a leader that dies takes with it
   * what it has not stored yet.
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

/** {@link AppendOptions} as they are at run time. */
export interface Given extends AppendOptions {
  readonly headers?: unknown;
}

/** Milliseconds for all attempts where nothing is said. */
export const DEFAULT_TIMEOUT = 5_000;

/** How long an attempt waits whose message may be sent again. */
export const ANSWER_WAIT = 2_000; // milliseconds

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
