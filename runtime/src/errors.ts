import type { SchemaIssue } from "./standard-schema.js";

/**
 * Every failure of the engine is one of these classes. `code` is stable and meant for programs, the
 * message is meant for people and says what to do.
 */
export abstract class NatsError extends Error {
  /** A stable name for the failure, for example `TIMEOUT`. */
  abstract readonly code: string;

  /**
   * @param message What went wrong and what would mend it.
   * @param options `cause`: the error underneath, where there is one.
   */
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** An argument that can never work was given. Nothing was written. */
export class InvalidArgumentError extends NatsError {
  readonly code: string = "INVALID_ARGUMENT";
}

/** A subject, reply subject or queue group that the protocol cannot carry. Nothing was written. */
export class InvalidSubjectError extends InvalidArgumentError {
  override readonly code = "INVALID_SUBJECT";
}

/** A header name or value that the protocol cannot carry. Nothing was written. */
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
      `${maxPendingBytes} bytes already wait for the server (maxPendingBytes). Await publish() or flush() between messages, or raise the limit.`,
    );
    this.maxPendingBytes = maxPendingBytes;
  }
}

/** A serializer used the connection that it was writing for. Nothing of the inner command was written. */
export class NestedCommandError extends NatsError {
  readonly code = "NESTED_COMMAND";

  constructor() {
    super(
      "A serializer, or a getter or toJSON() that it called, used the connection while it was writing. Do that before or after.",
    );
  }
}

/** More requests wait for their answers than a connection can tell apart. Nothing was written. */
export class RequestLimitError extends NatsError {
  readonly code = "REQUEST_LIMIT";

  /** @param limit How many requests may wait. */
  constructor(limit: number) {
    super(`${limit} requests already wait for their answers. Await some of them first.`);
  }
}

/** No connection could be made, or the one there was is lost. The message names the address. */
export class ConnectionError extends NatsError {
  readonly code: string = "CONNECTION";
}

/** What was asked for was in flight when the connection was lost; whether the server saw it is unknown. */
export class DisconnectedError extends ConnectionError {
  override readonly code = "DISCONNECTED";
}

/** The connection was closed by {@link NatsCommand.close}; it cannot be used again. */
export class ConnectionClosedError extends ConnectionError {
  override readonly code = "CONNECTION_CLOSED";
}

/** The connection is being drained: nothing new is begun on it. */
export class ConnectionDrainingError extends ConnectionError {
  override readonly code = "CONNECTION_DRAINING";
}

/** The server refused the credentials. */
export class AuthorizationError extends ConnectionError {
  override readonly code = "AUTHORIZATION";
}

/** The answer did not come in time. */
export class TimeoutError extends NatsError {
  readonly code = "TIMEOUT";
}

/** Nobody listens on the subject of the request; the server said so at once. */
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
 * The responder failed and said so in the `Nats-Service-Error` headers (ADR-32). A responder may throw one
 * to say what it likes: it is then sent as it is, and no failure of the handler.
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
  /** The responder's `Nats-Service-Error-Code`; 500 where that is no number. */
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

/** The account's permissions do not allow the subject. The connection goes on. */
export class PermissionViolationError extends NatsError {
  readonly code = "PERMISSION_VIOLATION";
  /** What was refused. */
  readonly operation: "publish" | "subscription";
  /** The subject as the server wrote it. */
  readonly subject: string;
  /** The queue group, where the server named one. */
  readonly queue: string | undefined;

  /**
   * @param operation What was refused.
   * @param subject The subject as the server wrote it.
   * @param queue The queue group, where the server named one.
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

/** The server sent an `-ERR` that has no class of its own. */
export class ServerError extends NatsError {
  readonly code = "SERVER";
}

/** The server sent bytes that are not the NATS protocol. The connection is given up. */
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
   * @param cause What the serializer threw.
   */
  constructor(subject: string, cause: unknown) {
    super(`The message for "${subject}" could not be serialized: ${reason(cause)}`, { cause });
    this.subject = subject;
  }
}

/** A received payload could not be read; `cause` is the serializer's error. The next message is delivered. */
export class DeserializeError extends NatsError {
  readonly code = "DESERIALIZE";

  /** The subject of the message. */
  readonly subject: string;

  /**
   * @param subject The subject of the message.
   * @param cause What the serializer threw.
   */
  constructor(subject: string, cause: unknown) {
    super(`The message on "${subject}" could not be read: ${reason(cause)}`, { cause });
    this.subject = subject;
  }
}

/** A received value did not pass the subscription's schema. It was not delivered. */
export class ValidationError extends NatsError {
  readonly code = "VALIDATION";
  /** The subject of the message. */
  readonly subject: string;
  /** What is wrong, as the validator says. */
  readonly issues: readonly SchemaIssue[];

  /**
   * @param subject The subject of the message.
   * @param issues What is wrong, as the validator says.
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

/** A message of a batch could not be written; nothing of the batch was. `cause` says why. */
export class BatchError extends NatsError {
  readonly code = "BATCH";
  /** Which message, counted from 0. */
  readonly index: number;

  /**
   * @param index Which message, counted from 0.
   * @param cause Why.
   */
  constructor(index: number, cause: unknown) {
    super(`Message ${index} of the batch failed, so none was sent: ${reason(cause)}`, { cause });
    this.index = index;
  }
}

/**
 * A handler threw or rejected; `cause` is its error. The next message is delivered. So too for what else a
 * connection calls: listeners of events, error handlers, loggers.
 */
export class HandlerError extends NatsError {
  readonly code = "HANDLER";

  /** The subject of the message; empty where what failed was no handler of messages. */
  readonly subject: string;

  /**
   * @param subject The subject of the message; empty for none.
   * @param cause What was thrown.
   * @param what What threw it, for people.
   */
  constructor(subject: string, cause: unknown, what = `The handler of "${subject}"`) {
    super(`${what} failed: ${reason(cause)}`, { cause });
    this.subject = subject;
  }
}

/** Messages were dropped because a bounded queue was full, or the first connection never came. */
export class MessagesDroppedError extends NatsError {
  readonly code = "MESSAGES_DROPPED";

  /** How many messages. */
  readonly count: number;

  /**
   * @param message Where and why.
   * @param count How many messages.
   */
  constructor(message: string, count: number, options?: ErrorOptions) {
    super(message, options);
    this.count = count;
  }
}

/**
 * The connection was lost after messages had been handed to it: whether the server received them is
 * unknown, and they are not sent again.
 */
export class MessagesInDoubtError extends NatsError {
  readonly code = "MESSAGES_IN_DOUBT";

  /** How many messages were published since the server last confirmed. */
  readonly count: number;

  /**
   * @param count How many messages.
   * @param cause Why the connection was lost.
   */
  constructor(count: number, cause: Error) {
    super(
      `Whether the last ${count === 1 ? "message" : `${count} messages`} reached the server is unknown. Await flush() where that must be known. ${cause.message}`,
      { cause },
    );
    this.count = count;
  }
}

/** @internal @returns What was thrown, as text. Never throws itself. */
export function reason(cause: unknown): string {
  try {
    return cause instanceof Error ? cause.message : String(cause);
  } catch {
    return "something that cannot be shown";
  }
}
