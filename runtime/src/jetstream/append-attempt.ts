import { shown } from "../arguments.js";
import type { NatsCommand, RequestOptions } from "../commands/nats-command.js";
import { InvalidArgumentError } from "../errors.js";
import { NatsHeaders, type NatsHeadersInit } from "../protocol/headers.js";
import type { NatsKey } from "../protocol/nats-key.js";
import { uniqueId } from "../protocol/unique-id.js";
import type { NatsSerializer } from "../serialization/serializer.js";
import { checkSignal, checkTimeout } from "../waiting/deadline.js";
import { ANSWER_WAIT, type ApiError, type JetStreamOptions, toError } from "./api.js";
import { type AppendAnswer, type Appended, appendAnswers } from "./append-answer.js";
import { JetStreamError, MessageIdTakenError, NoStreamError, WrongLastError } from "./errors.js";
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
   *
   * Default: the header `Nats-Msg-Id` of `headers`, or a random id. `false` sends no id: the server
   * has less to remember, and a message in doubt is not sent again. Everybody who appends to the
   * stream shares its ids: whoever guesses an id can use it first, and the message is not stored.
   * Choose your own ids only if a program must append the same message again after a crash, and add
   * something unguessable to them if you do not trust the others.
   */
  readonly messageId?: string | false | undefined;
  /** Conditions on the stream. */
  readonly expect?: Expectations | undefined;
}

/** {@link AppendOptions} as they are at run time. */
export interface Given extends AppendOptions {
  readonly headers?: unknown;
}

/** Options of a message's request, with its id. */
export interface Sent extends RequestOptions {
  /** The id; `undefined` if it has none. */
  readonly messageId: string | undefined;
  /** `true` if the id is random and was never sent, so that the stream cannot have it yet. */
  readonly isFresh: boolean;
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
  sent: Sent,
): Promise<Appended> {
  return nats.request(key, message, sent).then((read) => {
    const answer = read as AppendAnswer;
    if (answer?.error !== undefined) throw refusal(String(key), answer.error);
    if (answer?.sequence !== undefined) {
      if (!answer.duplicate || !sent.isFresh) return answer;
      throw new MessageIdTakenError(String(key), sent.messageId ?? "");
    }
    throw new JetStreamError(
      `The reply on "${String(key)}" is not from a stream. Does a responder subscribe to the subject as well?`,
    );
  });
}

/** Header with the id of a message. */
const MESSAGE_ID = "Nats-Msg-Id";

/**
 * @returns The options of the request.
 * @throws InvalidArgumentError
 */
export function sending(channel: AnyChannel, options: Given | undefined): Sent {
  // Hot: most messages have no options.
  if (options === undefined) {
    const messageId = uniqueId();
    return {
      serializer: channel.message as NatsSerializer,
      replySerializer: appendAnswers,
      headers: new NatsHeaders().set(MESSAGE_ID, messageId),
      timeout: ANSWER_WAIT,
      messageId,
      isFresh: true,
    };
  }
  const { timeout = DEFAULT_TIMEOUT, signal, expect } = options;
  checkSignal(signal);
  checkTimeout(timeout);
  const own = ownHeaders(channel, options);
  const bare = options.messageId === false && own === undefined && expect === undefined;
  const headers = bare ? undefined : new NatsHeaders(own);
  const given = checkMessageId(
    options.messageId === undefined ? headers?.get(MESSAGE_ID) : options.messageId,
  );
  const messageId = given === false ? undefined : (given ?? uniqueId());
  if (messageId === undefined) headers?.delete(MESSAGE_ID);
  else headers?.set(MESSAGE_ID, messageId);
  if (headers !== undefined && expect !== undefined) setExpectations(headers, expect);
  return {
    serializer: channel.message as NatsSerializer,
    replySerializer: appendAnswers,
    ...(headers === undefined ? undefined : { headers }),
    timeout: messageId === undefined ? timeout : Math.min(timeout, ANSWER_WAIT),
    ...(signal === undefined ? undefined : { signal }),
    messageId,
    isFresh: given === undefined,
  };
}

function ownHeaders(channel: AnyChannel, { headers }: Given): NatsHeadersInit | undefined {
  const { headerCodec } = channel.message;
  return headers !== undefined && headerCodec !== undefined
    ? headerCodec.write(headers)
    : (headers as NatsHeadersInit | undefined);
}

function checkMessageId(id: string | false | undefined): string | false | undefined {
  if (id === undefined || id === false || (typeof id === "string" && id.trim() !== "")) return id;
  throw new InvalidArgumentError(
    `"messageId" must be a text that is not empty, or false for no id, not ${shown(id)}.`,
  );
}

function setExpectations(
  headers: NatsHeaders,
  { lastSequence, lastSubjectSequence, lastMessageId, stream }: Expectations,
): void {
  if (lastSequence !== undefined) headers.set("Nats-Expected-Last-Sequence", String(lastSequence));
  if (lastSubjectSequence !== undefined)
    headers.set("Nats-Expected-Last-Subject-Sequence", String(lastSubjectSequence));
  if (lastMessageId !== undefined) headers.set("Nats-Expected-Last-Msg-Id", lastMessageId);
  if (stream !== undefined) headers.set("Nats-Expected-Stream", stream);
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
