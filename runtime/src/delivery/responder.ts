import type {
  NatsCommand,
  NatsHandler,
  NatsMessage,
  PublishOptions,
} from "../commands/nats-command.js";
import { reason, replyError, ServiceError } from "../errors.js";
import { NatsHeaders, SERVICE_ERROR, SERVICE_ERROR_CODE } from "../protocol/headers.js";
import type { NatsSerializer } from "../serialization/serializer.js";
import { isThenable } from "../waiting/thenable.js";
import type { Handle } from "./typed-receiver.js";

/**
 * Maximum number of characters of an error's message that are sent, so that it fits into the
 * server's `max_payload`.
 */
const LONGEST_DESCRIPTION = 1_000;

/** Writes an empty payload. */
const nothing: NatsSerializer = {
  serialize() {},
  deserialize() {},
};

/**
 * Makes a handler reply: with its result, or with the headers of a service error if it fails. The
 * error is thrown again for the error handler.
 *
 * @param handler Handler of requests.
 * @param serializer Serializer of the replies; the connection's by default.
 */
export function responding<Q, R>(
  handler: NatsHandler<Q, R>,
  serializer: NatsSerializer | undefined,
): Handle<Q> {
  const options: PublishOptions | undefined = serializer === undefined ? undefined : { serializer };
  const failed = (message: NatsMessage<Q>, cause: unknown, error = cause): void => {
    try {
      const headers = serviceError(cause, 500);
      const answered = message.respond(undefined, { serializer: nothing, headers });
      // A ServiceError is an intended reply, so it is not reported.
      if (answered && cause instanceof ServiceError) return;
    } catch {
      // The reply subject is invalid too; the original error matters more.
    }
    throw error;
  };
  const answer = (message: NatsMessage<Q>, value: R): void => {
    try {
      message.respond(value, options);
    } catch (cause) {
      failed(message, cause, replyError(message.subject, cause));
    }
  };
  return (message) => {
    let result: R | PromiseLike<R>;
    try {
      result = handler(message.value, message);
    } catch (cause) {
      failed(message, cause);
      return undefined;
    }
    if (!isThenable(result)) return answer(message, result);
    return result.then(
      (value) => answer(message, value),
      (cause: unknown) => failed(message, cause),
    );
  };
}

/**
 * Replies with an error to a request that cannot be read or answered, so that the requester does not wait.
 *
 * @param status Status of the error; that of a {@link ServiceError} comes first.
 */
export function refuseRequest(
  nats: NatsCommand,
  reply: string | undefined,
  cause: unknown,
  status = 400,
): void {
  if (reply === undefined) return;
  nats.post(reply, undefined, { serializer: nothing, headers: serviceError(cause, status) });
}

/**
 * Creates the headers of a service error.
 *
 * @see ADR-32, service errors
 */
function serviceError(cause: unknown, status: number): NatsHeaders {
  const meant = cause instanceof ServiceError;
  const description = meant ? cause.description : reason(cause);
  return new NatsHeaders({
    [SERVICE_ERROR]: description.slice(0, LONGEST_DESCRIPTION).replace(/[\r\n]+/g, " "),
    [SERVICE_ERROR_CODE]: String(meant ? cause.status : status),
  });
}
