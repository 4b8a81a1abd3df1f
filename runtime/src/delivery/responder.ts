import type {
  NatsCommand,
  NatsHandler,
  NatsMessage,
  PublishOptions,
} from "../commands/nats-command.js";
import { reason, ServiceError } from "../errors.js";
import { NatsHeaders, SERVICE_ERROR, SERVICE_ERROR_CODE } from "../protocol/headers.js";
import type { NatsSerializer } from "../serialization/serializer.js";
import { isThenable } from "../waiting/thenable.js";
import type { Handle } from "./typed-receiver.js";

/** Characters of an error's message that are sent; one of any length might not fit the server's max_payload. */
const LONGEST_DESCRIPTION = 1_000;

/** Writes an empty payload. */
const nothing: NatsSerializer = {
  serialize() {},
  deserialize() {},
};

/**
 * Makes a handler answer: with what it returns or resolves with, or with the headers of a failed
 * service. What failed is thrown on, for the error handler.
 *
 * @param handler Answers requests.
 * @param serializer Writes the answers; the connection's where there is none.
 */
export function responding<Q, R>(
  handler: NatsHandler<Q, R>,
  serializer: NatsSerializer | undefined,
): Handle<Q> {
  const options: PublishOptions | undefined = serializer === undefined ? undefined : { serializer };
  const failed = (message: NatsMessage<Q>, cause: unknown): void => {
    try {
      const headers = serviceError(cause, 500);
      const answered = message.respond(undefined, { serializer: nothing, headers });
      // An answer like any other, where the handler means it.
      if (answered && cause instanceof ServiceError) return;
    } catch {
      // A reply subject that cannot be answered: the cause matters more.
    }
    throw cause;
  };
  const answer = (message: NatsMessage<Q>, value: R): void => {
    try {
      message.respond(value, options);
    } catch (cause) {
      failed(message, cause);
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

/** Answers a request that cannot be read, so that the requester need not wait for nothing. */
export function refuseRequest(nats: NatsCommand, reply: string | undefined, cause: unknown): void {
  if (reply === undefined) return;
  nats.post(reply, undefined, { serializer: nothing, headers: serviceError(cause, 400) });
}

/**
 * The headers by which a responder says that it failed.
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
