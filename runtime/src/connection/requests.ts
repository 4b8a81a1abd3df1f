import { encodeUtf8 } from "../buffers/bytes.js";
import { type NatsError, RequestLimitError } from "../errors.js";
import type { ResolvedOptions } from "../options/nats-options.js";
import type { Frame } from "../protocol/frame.js";
import type { NatsHeaders } from "../protocol/headers.js";
import type { NatsKey } from "../protocol/nats-key.js";
import { uniqueId } from "../protocol/unique-id.js";
import type { NatsSerializer } from "../serialization/serializer.js";
import type { Reporter } from "../waiting/call.js";
import { inTime } from "../waiting/deadline.js";
import { type Deferred, deferred } from "../waiting/deferred.js";
import { TimerWheel } from "../waiting/timer-wheel.js";
import { type AnswerReader, RequestCommand, type WaitingRequest } from "./request-command.js";
import {
  type ReplyLimits,
  type ReplyReceiver,
  RequestManyCommand,
} from "./request-many-command.js";
import type { SubscriptionEntry, Subscriptions } from "./subscriptions.js";
import type { WriteLoop } from "./write-loop.js";

/** Largest number of pending requests; also the addition to a command's token with each use. */
const MOST_REQUESTS = 2 ** 20;
const ZERO = 0x30;

/**
 * Pending requests of a connection over one wildcard inbox. The last token of the reply subject is the number of the
 * command; it is read from the bytes without making a string.
 */
export class Requests {
  readonly #writeLoop: WriteLoop;
  readonly #subscriptions: Subscriptions;
  readonly #inboxSubject: string;
  readonly #inbox: Uint8Array;
  /** Commands by their place. A command beyond the size of the pool leaves its place when it is done. */
  readonly #commands: (WaitingRequest | undefined)[] = [];
  readonly #freePlaces: number[] = [];
  readonly #free: RequestCommand[] = [];
  readonly #wheel = new TimerWheel();
  readonly #poolSize: number;
  readonly #reporter: Reporter;
  /** Number of requests that wait for an answer. */
  pending = 0;
  /** Lowest token for a command in a place that was used before. */
  #freshToken = 0;
  #subscription: SubscriptionEntry | undefined;
  /** Pending calls of {@link settled}: each waits for `count` requests up to a position. */
  #unsettled: { readonly position: number; count: number; readonly done: Deferred }[] = [];

  /**
   * @param writeLoop Writes the requests.
   * @param subscriptions Get the subscription of the inbox, with the first request.
   * @param options `inboxPrefix`: beginning of the inbox; `commandPoolSize`: number of commands kept for reuse.
   * @param reporter Gets the error of a request that nobody awaits.
   */
  constructor(
    writeLoop: WriteLoop,
    subscriptions: Subscriptions,
    { inboxPrefix, commandPoolSize }: Pick<ResolvedOptions, "inboxPrefix" | "commandPoolSize">,
    reporter: Reporter,
  ) {
    this.#writeLoop = writeLoop;
    this.#subscriptions = subscriptions;
    this.#poolSize = commandPoolSize;
    this.#reporter = reporter;
    this.#inboxSubject = `${inboxPrefix}${uniqueId()}.`;
    this.#inbox = encodeUtf8(this.#inboxSubject);
  }

  /**
   * Sends a request with one answer.
   *
   * @param key The subject.
   * @param value The payload.
   * @param serializer Writes the payload; `undefined` for bytes and for an empty payload.
   * @param reader Reads the answer.
   * @param headers Headers of the request, not empty.
   * @param timeout Milliseconds within which the answer must arrive.
   * @param signal Cancels the request when aborted.
   * @param sameConnection Rejects the request when the connection is lost before it was sent.
   * @returns Resolves with the answer.
   * @throws every error of {@link ProtocolWriter.request}.
   */
  request(
    key: NatsKey | string,
    value: unknown,
    serializer: NatsSerializer | undefined,
    reader: NatsSerializer | AnswerReader,
    headers: NatsHeaders | undefined,
    timeout: number,
    signal: AbortSignal | undefined,
    sameConnection = false,
  ): Promise<unknown> {
    this.#subscription ??= this.#subscribe();
    const command = this.#free.pop() ?? this.#create();
    const writeLoop = this.#writeLoop;
    command.withdrawable = sameConnection ? writeLoop.written : undefined;
    try {
      writeLoop.writer.request(key, value, serializer, headers, this.#inbox, command.token);
    } catch (error) {
      this.#free.push(command);
      throw error;
    }
    writeLoop.wake();
    this.pending++;
    const promise = command.begin(reader, signal);
    command.key = key;
    command.position = writeLoop.written;
    command.timeout = timeout;
    this.#wheel.begin(command, timeout);
    return promise;
  }

  /**
   * Sends a request with several answers.
   *
   * @param receiver Receives the answers.
   * @param limits Limits that end the answers.
   * @returns The pending request.
   * @throws every error of {@link ProtocolWriter.request}.
   */
  requestMany(
    key: NatsKey | string,
    value: unknown,
    serializer: NatsSerializer | undefined,
    headers: NatsHeaders | undefined,
    receiver: ReplyReceiver,
    limits: ReplyLimits,
  ): RequestManyCommand {
    this.#subscription ??= this.#subscribe();
    const place = this.#place();
    const token = this.#freshToken + place;
    const writeLoop = this.#writeLoop;
    try {
      writeLoop.writer.request(key, value, serializer, headers, this.#inbox, token);
    } catch (error) {
      this.#freePlaces.push(place);
      throw error;
    }
    writeLoop.wake();
    const command = new RequestManyCommand(token, key, receiver, limits, this.#wheel, () => {
      this.pending--;
      if (this.#unsettled.length > 0) this.#settle(command);
      this.#vacate(place, token + MOST_REQUESTS);
    });
    this.pending++;
    command.position = writeLoop.written;
    this.#commands[place] = command;
    return command;
  }

  /**
   * Rejects the requests of a lost connection.
   *
   * @param position Bytes handed to it; requests behind that will still be sent.
   * @param error The error for requests that were in flight.
   */
  lost(position: number, error: Error): void {
    for (const command of this.#commands) {
      if (!command?.busy) continue;
      const { withdrawable } = command;
      if (command.position > position) {
        if (withdrawable === undefined) continue;
        this.#writeLoop.withdraw(withdrawable, command.position);
      }
      command.fail(error);
    }
  }

  /**
   * Waits for the answers of earlier requests.
   *
   * @param position Bytes written up to the end of the last of these requests.
   * @param within Milliseconds to wait at most.
   * @returns Settles when none of them waits any more, or the time is over.
   */
  async settled(position: number, within: number): Promise<void> {
    const waiting = this.#commands.filter((one) => one?.busy && one.position <= position);
    if (waiting.length === 0) return;
    const unsettled = { position, count: waiting.length, done: deferred() };
    this.#unsettled.push(unsettled);
    await inTime(unsettled.done.promise, within);
    this.#unsettled = this.#unsettled.filter((one) => one !== unsettled);
  }

  /**
   * Follows the removal of a waiting message.
   *
   * @param position Bytes written up to its end.
   * @param bytes Its size.
   * @param error The error for its request, if it was one.
   * @returns `true` if it was a request.
   */
  removed(position: number, bytes: number, error: Error): boolean {
    let found = false;
    for (const command of this.#commands) {
      if (!command?.busy || command.position < position) continue;
      if (command.position === position) {
        command.fail(error);
        found = true;
      } else command.position -= bytes;
    }
    return found;
  }

  /** @returns `true` if a subscription is the inbox. */
  owns(subscription: SubscriptionEntry): boolean {
    return subscription === this.#subscription;
  }

  /** @returns `true` if a subscription is the inbox, by its number. */
  isAnswer(sid: number): boolean {
    return sid === this.#subscription?.sid;
  }

  /** Rejects requests that the server refused. @param subject Their subject or reply subject. @returns `true` if there are any. */
  refuse(subject: string, error: NatsError): boolean {
    let found = false;
    for (const command of this.#commands) {
      if (!command?.busy) continue;
      const reply = `${this.#inboxSubject}${command.token}`;
      if (String(command.key) !== subject && reply !== subject) continue;
      command.fail(error);
      found = true;
    }
    return found;
  }

  /** Rejects all requests if the server refused the inbox. @returns `true` if the subscription is the inbox. */
  refuseInbox(subscription: SubscriptionEntry, error: NatsError): boolean {
    if (subscription !== this.#subscription) return false;
    this.#subscription = undefined;
    this.lost(Number.POSITIVE_INFINITY, error);
    return true;
  }

  /**
   * Rejects all requests at the end of the connection.
   *
   * @param position Bytes handed to it.
   * @returns Number of requests that were never sent.
   */
  end(position: number, error: Error): number {
    const unsent = this.#commands.filter((one) => one?.busy && one.position > position).length;
    this.lost(Number.POSITIVE_INFINITY, error);
    this.#subscription = undefined;
    this.#wheel.stop();
    return unsent;
  }

  #create(): RequestCommand {
    const place = this.#place();
    const command = new RequestCommand(
      this.#freshToken + place,
      MOST_REQUESTS,
      this.#release,
      this.#reporter,
    );
    this.#commands[place] = command;
    return command;
  }

  #place(): number {
    const place = this.#freePlaces.pop();
    if (place !== undefined) return place;
    if (this.#commands.length === MOST_REQUESTS) throw new RequestLimitError(MOST_REQUESTS);
    return this.#commands.push(undefined) - 1;
  }

  /** @param token Next token of the place. */
  #vacate(place: number, token: number): void {
    this.#freshToken = Math.max(this.#freshToken, token - place);
    this.#commands[place] = undefined;
    this.#freePlaces.push(place);
  }

  #settle({ position }: WaitingRequest): void {
    for (const unsettled of this.#unsettled) {
      if (position <= unsettled.position && --unsettled.count === 0) unsettled.done.resolve();
    }
  }

  readonly #release = (command: RequestCommand): void => {
    this.pending--;
    this.#wheel.end(command);
    if (this.#unsettled.length > 0) this.#settle(command);
    if (this.#free.length < this.#poolSize) {
      this.#free.push(command);
      return;
    }
    this.#vacate(command.token % MOST_REQUESTS, command.token);
  };

  #subscribe(): SubscriptionEntry {
    return this.#subscriptions.add(`${this.#inboxSubject}*`, undefined, {
      receive: (frame) => this.#receive(frame),
    });
  }

  #receive(frame: Frame): void {
    const { buffer, subjectEnd } = frame;
    let token = 0;
    for (let i = frame.subjectStart + this.#inbox.length; i < subjectEnd; i++) {
      token = token * 10 + (buffer[i]! - ZERO);
    }
    const command = this.#commands[token % MOST_REQUESTS];
    // A late answer, a second answer, or any other message to the inbox.
    if (command === undefined || command.token !== token || !command.busy) return;
    command.answer(frame);
  }
}
