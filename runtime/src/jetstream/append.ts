import type { NatsCommand } from "../commands/nats-command.js";
import type { NatsKey } from "../protocol/nats-key.js";
import { argument, type SendArguments } from "../sdk/arguments.js";
import type { Channel } from "../sdk/channel.js";
import { failCall, pendingCall } from "../waiting/call.js";
import type { Appended } from "./append-answer.js";
import {
  type AppendOptions,
  attempt,
  DEFAULT_TIMEOUT,
  type Given,
  sending,
} from "./append-attempt.js";
import type { AnyChannel, ChannelLike } from "./reading.js";
import { Unconfirmed } from "./unconfirmed.js";

/** Parameters, payload and options of a message to append to a channel `C`. */
export type AppendArguments<C> =
  C extends Channel<infer P, infer T, infer H> ? SendArguments<P, T, H, AppendOptions> : never;

/**
 * Appends a message to the stream that stores its subject.
 *
 * ```ts
 * const { sequence } = await append(nats, Channels.playerHit, { serverId, steamId }, hit);
 * ```
 *
 * @param channel The channel of the message.
 * @param params The parameters of the subject, or a key of the subject.
 * @param message The payload.
 * @param options `timeout`: milliseconds for all attempts; default 5,000.
 * @returns Resolves when the stream has stored the message. Within `timeout`, it continues during
 * the election of a leader or while JetStream is unavailable. Rejects with AppendInDoubtError if it
 * is unknown whether the message was stored. After any other error it was not stored, and no copy
 * is under way: NoStreamError, StreamFullError, WrongLastError, MessageIdTakenError,
 * JetStreamUnavailableError, JetStreamOffError, PermissionViolationError, JetStreamError, or the
 * errors of NatsCommand.request.
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
  const { call, resolve, reject } = pendingCall<Appended>();
  const failed = (error: unknown) => failCall(call, reject, error, nats);
  try {
    const { subject, message } = channel;
    const { arity } = subject;
    const payload = message.isEmpty ? undefined : argument(arity, first, second);
    const options = argument(message.isEmpty ? arity : arity + 1, first, second, third) as
      | Given
      | undefined;
    const key = subject.address(first);
    const sent = sending(channel, options);
    const begun = performance.now();
    attempt(nats, key, payload, sent).then(resolve, (error: unknown) => {
      again(nats, channel, key, payload, options, sent.messageId, begun, error).then(
        resolve,
        failed,
      );
    });
  } catch (error) {
    failed(error);
  }
  return call;
}

/** Repeats a failed append as long as it may succeed. */
async function again(
  nats: NatsCommand,
  channel: AnyChannel,
  key: NatsKey | string,
  message: unknown,
  options: Given | undefined,
  messageId: string | undefined,
  begun: number,
  failure: unknown,
): Promise<Appended> {
  const { timeout = DEFAULT_TIMEOUT, signal } = options ?? {};
  const unconfirmed = new Unconfirmed(nats, String(key), { messageId, timeout, begun, signal });
  unconfirmed.failed(failure);
  while (await unconfirmed.mayBeSentAgain()) {
    try {
      const sent = sending(channel, {
        ...options,
        messageId: messageId ?? false,
        timeout: unconfirmed.left,
      });
      return await attempt(nats, key, message, sent);
    } catch (error) {
      unconfirmed.failed(error);
    }
  }
  throw unconfirmed.error;
}
