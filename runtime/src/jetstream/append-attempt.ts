import type { NatsCommand, RequestOptions } from "../commands/nats-command.js";
import { NatsHeaders, type NatsHeadersInit } from "../protocol/headers.js";
import type { NatsKey } from "../protocol/nats-key.js";
import type { NatsSerializer } from "../serialization/serializer.js";
import { checkSignal, checkTimeout } from "../waiting/deadline.js";
import { ANSWER_WAIT, type ApiError, type JetStreamOptions, toError } from "./api.js";
import { type AppendAnswer, type Appended, appendAnswers } from "./append-answer.js";
import { JetStreamError, NoStreamError, WrongLastError } from "./errors.js";
import type { AnyChannel } from "./reading.js";

/** Conditions on the stream for storing a message; otherwise WrongLastError. */
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

/** Options of appending. */
export interface AppendOptions extends Omit<JetStreamOptions, "domain"> {
  /**
   * Id of the message: within the stream's duplicate window, the stream stores a message with this
   * id once. With an id, the engine sends the message again until its `timeout` if the connection
   * is lost, if an earlier copy is still being replicated, or if no reply arrives within 2 seconds:
   * a leader that crashes loses messages that it has not stored yet.
   */
  readonly messageId?: string | undefined;
  /** Conditions on the stream. */
  readonly expect?: Expectations | undefined;
}

/** {@link AppendOptions} as they are at run time. */
export interface Given extends AppendOptions {
  readonly headers?: unknown;
}

/** Default time for all attempts in milliseconds. */
export const DEFAULT_TIMEOUT = 5_000;

/**
 * Sends a message to a stream once.
 *
 * @throws as {@link append}, without trying again.
 */
export function attempt(
  nats: NatsCommand,
  key: NatsKey | string,
  message: unknown,
  sent: RequestOptions,
): Promise<Appended> {
  return nats.request(key, message, sent).then((read) => {
    const answer = read as AppendAnswer;
    if (answer?.error !== undefined) throw refusal(String(key), answer.error);
    if (answer?.sequence !== undefined) return answer;
    throw new JetStreamError(
      `The reply on "${String(key)}" is not from a stream. Does a responder subscribe to the subject as well?`,
    );
  });
}

/** Request options by channel, for messages without their own options: created once. */
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
      replySerializer: appendAnswers,
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
      `Another stream than the expected one stores "${subject}". Compare their subjects.`,
      code,
      description,
    );
  }
  return toError(error, `The message for "${subject}"`);
}
