import type { NatsCommand, NatsMessage, RequestOptions } from "../commands/nats-command.js";
import { refuseRequest } from "../delivery/responder.js";
import { NatsHeaders, serviceErrorIn } from "../protocol/headers.js";
import type { NatsKey } from "../protocol/nats-key.js";
import { rawSerializer } from "../serialization/raw.js";
import { deferred } from "../waiting/deferred.js";
import { type MessagePlace, textAt, withText } from "./location.js";
import type { Message } from "./message.js";

/**
 * Sends a request that contains the subject of its reply, for responders that do not use NATS' own
 * reply subject. The reply may come on either of the two.
 *
 * @param place Place of the reply subject in the request.
 */
export async function requestAt<Q, R>(
  nats: NatsCommand,
  key: NatsKey | string,
  message: Q,
  options: RequestOptions<Q, R>,
  answer: Message<R>,
  place: MessagePlace,
): Promise<R> {
  const inbox = nats.createInbox();
  const filled = place.isHeader ? message : withText(message, place.steps, () => inbox);
  const headers = new NatsHeaders(options.headers);
  if (place.isHeader) headers.set(place.steps[0], inbox);
  const ended = new AbortController();
  const { signal = ended.signal } = options;
  const sent = { ...options, headers, signal: AbortSignal.any([signal, ended.signal]) };
  const reply = deferred<R>();
  // It is registered before the request is sent, also if a pool sends both on different connections.
  const subscription = await nats.subscribe<Uint8Array>(
    inbox,
    (bytes, { headers }) => {
      try {
        const failure = headers && serviceErrorIn(headers, String(key));
        if (failure !== undefined) throw failure;
        reply.resolve(answer.deserialize(bytes, 0, bytes.length, headers));
      } catch (error) {
        reply.reject(error);
      }
    },
    { serializer: rawSerializer, max: 1 },
  );
  try {
    return await Promise.race([nats.request<R, Q>(key, filled as Q, sent), reply.promise]);
  } finally {
    ended.abort();
    subscription.unsubscribe();
  }
}

/**
 * Sends a reply to the subject in a request without NATS' own reply subject.
 *
 * @param source The request.
 * @param message Its payload.
 * @param result Creates the reply. If it fails, the requester gets a service error.
 * @returns The reply.
 */
export async function replyAt<R>(
  nats: NatsCommand,
  { reply, headers }: NatsMessage<unknown>,
  place: MessagePlace,
  answer: Message<R>,
  message: unknown,
  result: () => R | Promise<R>,
): Promise<R> {
  const subject = reply === undefined ? textAt(place, message, headers) : undefined;
  if (subject === undefined) return await result();
  try {
    const sent = await result();
    nats.post(subject, sent, { serializer: answer });
    return sent;
  } catch (cause) {
    try {
      refuseRequest(nats, subject, cause, 500);
    } catch {
      // The subject in the request is invalid; the first error matters more.
    }
    throw cause;
  }
}
