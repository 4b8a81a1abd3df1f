import { checkOptions } from "../arguments.js";
import type { NatsReplies, RequestManyOptions } from "../commands/nats-command.js";
import type { DeliveryContext } from "../delivery/context.js";
import { ReplyQueue } from "../delivery/reply-queue.js";
import { mergeHeaders } from "../protocol/headers.js";
import type { NatsKey } from "../protocol/nats-key.js";
import { serializerFor } from "../serialization/serializer.js";
import { checkCount, checkSignal, checkTimeout } from "../waiting/deadline.js";
import type { Engine } from "./engine.js";

/**
 * Sends a request with several answers; see {@link NatsCommand.requestMany}.
 *
 * @param engine Engine of the connection.
 * @param delivery Context in which answers are read.
 * @param key The subject.
 * @param value The payload.
 * @param options Limits that end the answers, serializers, headers and the bound of the buffer.
 * @returns The answers, for a loop, which throws the errors of the call.
 * @throws InvalidArgumentError for options with which no answer can be read.
 */
export function requestMany<R, Q>(
  { lifecycle, requests, options: defaults }: Engine,
  delivery: DeliveryContext,
  key: NatsKey | string,
  value: Q | undefined,
  options: RequestManyOptions<Q, R> = {},
): NatsReplies<R> {
  checkOptions(options);
  const { headers, timeout = defaults.requestTimeout, max, stall, signal } = options;
  const reading = options as RequestManyOptions<unknown, R>;
  const replies = new ReplyQueue<R>(String(key), reading, delivery);
  try {
    const limits = {
      timeout: checkTimeout(timeout),
      max: max === undefined ? Number.POSITIVE_INFINITY : checkCount("max", max),
      stall: stall === undefined ? undefined : checkTimeout(stall),
    };
    checkSignal(signal);
    lifecycle.ensureNotDraining();
    lifecycle.ensureOpening();
    const serializer = options.serializer ?? serializerFor(value, defaults.serializer);
    const sent = mergeHeaders(headers, serializer?.headers?.(value));
    replies.start(requests.requestMany(key, value, serializer, sent, replies, limits), signal);
  } catch (error) {
    replies.end(error);
  }
  return replies;
}
