import type { SchemaIssue } from "./standard-schema.js";

/**
 * Base class of every error of the engine. `code` is stable and meant for programs. The message is
 * meant for people and says what to do.
 */
export abstract class NatsError extends Error {
  /** Stable name of the failure, for example `TIMEOUT`. */
  abstract readonly code: string;

  /**
   * @param message Description of the failure and of its remedy.
   * @param options `cause`: the error that caused this one, if any.
   */
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** An option or argument is invalid. Nothing was written. */
export class InvalidArgumentError extends NatsError {
  readonly code: string = "INVALID_ARGUMENT";
}

/** A subject, reply subject or queue group is invalid in the protocol. Nothing was written. */
export class InvalidSubjectError extends InvalidArgumentError {
  override readonly code = "INVALID_SUBJECT";
}

/** A header name or value is invalid in the protocol. Nothing was written. */
export class InvalidHeaderError extends InvalidArgumentError {
  override readonly code = "INVALID_HEADER";
}

/** The message is larger than the server's `max_payload`. Nothing was written. */
export class MaxPayloadError extends NatsError {
  readonly code = "MAX_PAYLOAD";

  /** Bytes of headers and payload together. */
  readonly size: number;
  /** The server's limit, in bytes. */
  readonly maxPayload: number;

  /**
   * @param size Bytes of headers and payload together.
   * @param maxPayload The server's limit, in bytes.
   */
  constructor(size: number, maxPayload: number) {
    super(
      `The message has ${size} bytes, but the server takes at most ${maxPayload} (max_payload). Send less, or raise max_payload in the server's configuration.`,
    );
    this.size = size;
    this.maxPayload = maxPayload;
  }
}

/** The bounded buffer in front of the socket is full. Nothing was written. */
export class PendingLimitError extends NatsError {
  readonly code = "PENDING_LIMIT";

  /** The limit that was reached, in bytes. */
  readonly maxPendingBytes: number;

  /** @param maxPendingBytes The limit that was reached, in bytes. */
  constructor(maxPendingBytes: number) {
    super(
      `${maxPendingBytes} bytes are already pending (maxPendingBytes). Await publish() or flush() between messages, or raise the limit.`,
    );
    this.maxPendingBytes = maxPendingBytes;
  }
}

/** A serializer used the connection that called it. Nothing of the inner command was written. */
export class NestedCommandError extends NatsError {
  readonly code = "NESTED_COMMAND";

  constructor() {
    super(
      "A serializer, or a getter or toJSON() that it called, used the connection while it was writing. Do that before or after.",
    );
  }
}

/** Too many requests are pending on the connection. Nothing was written. */
export class RequestLimitError extends NatsError {
  readonly code = "REQUEST_LIMIT";

  /** @param limit Maximum number of pending requests. */
  constructor(limit: number) {
    super(`${limit} requests already wait for their answers. Await some of them first.`);
  }
}

/**
 * No connection could be opened, or the open connection was lost. The message names the addresses.
 */
export class ConnectionError extends NatsError {
  readonly code: string = "CONNECTION";
}

/**
 * The connection was lost while the command was in flight. It is unknown whether the server
 * received it.
 */
export class DisconnectedError extends ConnectionError {
  override readonly code = "DISCONNECTED";
}

/** The connection was closed by {@link NatsCommand.close}; it cannot be used again. */
export class ConnectionClosedError extends ConnectionError {
  override readonly code = "CONNECTION_CLOSED";
  /**
   * `true` if the command had begun before, so that it is unknown whether the server received it.
   */
  readonly inFlight: boolean;

  /** @param inFlight `true` if the command had begun before. */
  constructor(message: string, inFlight = false) {
    super(message);
    this.inFlight = inFlight;
  }
}

/** The connection is draining and accepts no new commands. */
export class ConnectionDrainingError extends ConnectionError {
  override readonly code = "CONNECTION_DRAINING";
}

/** The server rejected the credentials. */
export class AuthorizationError extends ConnectionError {
  override readonly code = "AUTHORIZATION";
}

/** No reply arrived in time. */
export class TimeoutError extends NatsError {
  readonly code = "TIMEOUT";
}

/** No one subscribes to the subject of the request; the server reported this immediately. */
export class NoRespondersError extends NatsError {
  readonly code = "NO_RESPONDERS";

  /** The subject of the request. */
  readonly subject: string;

  /** @param subject The subject of the request. */
  constructor(subject: string) {
    super(`Nobody answers on "${subject}". Start a responder, or check the subject's spelling.`);
    this.subject = subject;
  }
}

/**
 * The responder failed and reported it in the `Nats-Service-Error` headers (ADR-32). A responder
 * may throw this error itself: the requester then gets its status and description, and the
 * responder's error handler is not called.
 *
 * ```ts
 * await nats.respond<string, Room>("room", (id, { subject }) => {
 *   throw new ServiceError(subject, 404, `there is no room ${id}`);
 * });
 * ```
 */
export class ServiceError extends NatsError {
  readonly code = "SERVICE";

  /** The subject of the request. */
  readonly subject: string;
  /** The responder's `Nats-Service-Error-Code`; 500 if that is not a number. */
  readonly status: number;
  /** The responder's `Nats-Service-Error`. */
  readonly description: string;

  /**
   * @param subject The subject of the request.
   * @param status The responder's `Nats-Service-Error-Code`.
   * @param description The responder's `Nats-Service-Error`.
   */
  constructor(subject: string, status: number, description: string) {
    super(`The responder of "${subject}" failed with ${status}: ${description}`);
    this.subject = subject;
    this.status = status;
    this.description = description;
  }
}

/** The account has no permission for the subject. The connection stays open. */
export class PermissionViolationError extends NatsError {
  readonly code = "PERMISSION_VIOLATION";
  /** The operation that the server refused. */
  readonly operation: "publish" | "subscription";
  /** The subject as the server wrote it. */
  readonly subject: string;
  /** The queue group, if the server named one. */
  readonly queue: string | undefined;

  /**
   * @param operation The operation that the server refused.
   * @param subject The subject as the server wrote it.
   * @param queue The queue group, if the server named one.
   */
  constructor(operation: "publish" | "subscription", subject: string, queue?: string) {
    const group = queue === undefined ? "" : ` with queue group "${queue}"`;
    super(
      `The server does not permit the ${operation} on "${subject}"${group}. Ask for the permission, or use another account.`,
    );
    this.operation = operation;
    this.subject = subject;
    this.queue = queue;
  }
}

/** The server has as many subscriptions of this connection as it allows (`max_subscriptions`). The connection stays open. */
export class SubscriptionLimitError extends NatsError {
  readonly code = "SUBSCRIPTION_LIMIT";
  /** The subject of the refused subscription. */
  readonly subject: string;
  /** Number of subscriptions that the server has. */
  readonly limit: number;

  /**
   * @param subject The subject of the refused subscription.
   * @param limit Number of subscriptions that the server has.
   */
  constructor(subject: string, limit: number) {
    super(
      `The server refused the subscription to "${subject}": it has ${limit} subscriptions of this connection, and allows no more (max_subscriptions). End some of them, or raise the limit in the server's configuration.`,
    );
    this.subject = subject;
    this.limit = limit;
  }
}

/** The server sent an `-ERR` that has no class of its own. */
export class ServerError extends NatsError {
  readonly code = "SERVER";
}

/** The server sent bytes that are not the NATS protocol. The engine leaves the connection. */
export class ProtocolError extends NatsError {
  readonly code = "PROTOCOL";
}

/** A value could not be serialized; `cause` is the serializer's error. Nothing was written. */
export class SerializeError extends NatsError {
  readonly code = "SERIALIZE";

  /** The subject of the message. */
  readonly subject: string;

  /**
   * @param subject The subject of the message.
   * @param cause The value that the serializer threw.
   */
  constructor(subject: string, cause: unknown) {
    super(`The message for "${subject}" could not be serialized: ${reason(cause)}`, { cause });
    this.subject = subject;
  }
}

/**
 * A received payload could not be deserialized; `cause` is the serializer's error. The next message
 * is delivered.
 */
export class DeserializeError extends NatsError {
  readonly code = "DESERIALIZE";

  /** The subject of the message. */
  readonly subject: string;

  /**
   * @param subject The subject of the message.
   * @param cause The value that the serializer threw.
   */
  constructor(subject: string, cause: unknown) {
    super(`The message on "${subject}" could not be read: ${reason(cause)}`, { cause });
    this.subject = subject;
  }
}

/** A received value does not match the subscription's schema. It was not delivered. */
export class ValidationError extends NatsError {
  readonly code = "VALIDATION";
  /** The subject of the message. */
  readonly subject: string;
  /** The problems that the validator found. */
  readonly issues: readonly SchemaIssue[];

  /**
   * @param subject The subject of the message.
   * @param issues The problems that the validator found.
   */
  constructor(subject: string, issues: readonly SchemaIssue[]) {
    const texts = issues.map(({ message, path = [] }) => {
      const place = path.map((step) => String(typeof step === "object" ? step.key : step));
      return place.length === 0 ? message : `${place.join(".")}: ${message}`;
    });
    super(`The message on "${subject}" does not fit its schema: ${texts.join("; ")}`);
    this.subject = subject;
    this.issues = issues;
  }
}

/**
 * A message of a batch could not be written, so no message of the batch was. `cause` is its error.
 */
export class BatchError extends NatsError {
  readonly code = "BATCH";
  /** Position of the message in the batch, counted from 0. */
  readonly index: number;

  /**
   * @param index Position of the message in the batch, counted from 0.
   * @param cause The error of the message.
   */
  constructor(index: number, cause: unknown) {
    super(`Message ${index} of the batch failed, so none was sent: ${reason(cause)}`, { cause });
    this.index = index;
  }
}

/**
 * A handler threw or rejected, or its reply cannot be sent; `cause` is the error. The next message is delivered.
 * Also used for other functions that a connection calls: event listeners, error handlers, loggers.
 */
export class HandlerError extends NatsError {
  readonly code = "HANDLER";

  /** The subject of the message; empty if the function was not a message handler. */
  readonly subject: string;

  /**
   * @param subject The subject of the message; empty if there is none.
   * @param cause The value that was thrown.
   * @param what The function that threw it, in words for people.
   */
  constructor(subject: string, cause: unknown, what = `The handler of "${subject}"`) {
    super(`${what} failed: ${reason(cause)}`, { cause });
    this.subject = subject;
  }
}

/** @returns The error of a reply that cannot be sent: its handler did not fail. */
export function replyError(subject: string, cause: unknown): HandlerError {
  return new HandlerError(subject, cause, `The reply to a request on "${subject}"`);
}

/** Messages were dropped because a bounded queue was full or no connection could be opened. */
export class MessagesDroppedError extends NatsError {
  readonly code = "MESSAGES_DROPPED";

  /** Number of dropped messages. */
  readonly count: number;

  /**
   * @param message Place and reason of the loss.
   * @param count Number of dropped messages.
   */
  constructor(message: string, count: number, options?: ErrorOptions) {
    super(message, options);
    this.count = count;
  }
}

/**
 * The connection was lost, and it is unknown whether the server received these messages. They are
 * not sent again.
 */
export class MessagesInDoubtError extends NatsError {
  readonly code = "MESSAGES_IN_DOUBT";

  /** Number of messages published since the server's last confirmation. */
  readonly count: number;

  /**
   * @param count Number of messages in doubt.
   * @param cause The error that ended the connection.
   */
  constructor(count: number, cause: Error) {
    super(
      `It is unknown whether the last ${count === 1 ? "message" : `${count} messages`} reached the server. Await flush() if you need to know. ${cause.message}`,
      { cause },
    );
    this.count = count;
  }
}

/** @internal @returns The thrown value as text. Never throws. */
export function reason(cause: unknown): string {
  try {
    // Node.js gives no message where each address of a host name failed.
    if (cause instanceof AggregateError && cause.message === "") {
      return cause.errors.map(reason).join("; ");
    }
    return cause instanceof Error ? cause.message : String(cause);
  } catch {
    return "something that cannot be shown";
  }
}
