import { resolve } from "node:path";
import { errors } from "@nats-io/nats-core/internal";
import {
  AuthorizationError,
  ConnectionClosedError,
  ConnectionDrainingError,
  ConnectionError,
  DisconnectedError,
  InvalidArgumentError,
  InvalidHeaderError,
  InvalidSubjectError,
  MaxPayloadError,
  NatsError,
  NoRespondersError,
  PermissionViolationError,
  ServerError,
  TimeoutError,
} from "../errors.js";

/**
 * Converts an error of the engine to the classes and messages of `@nats-io/nats-core`. Errors
 * without a counterpart there, such as PendingLimitError, are not changed.
 *
 * @param error The engine's error.
 * @param subject The subject in question, if there is one.
 */
export function coreError(error: unknown, subject = ""): Error {
  if (!(error instanceof NatsError)) return asError(error);
  if (error instanceof InvalidSubjectError) return new errors.InvalidSubjectError(subject);
  if (error instanceof InvalidHeaderError) {
    return errors.InvalidArgumentError.format("headers", "are not available on this server");
  }
  if (error instanceof MaxPayloadError) {
    return errors.InvalidArgumentError.format("payload", "max_payload size exceeded");
  }
  if (error instanceof TimeoutError) return new errors.TimeoutError();
  if (error instanceof PermissionViolationError) return violation(error);
  if (error instanceof ServerError || error instanceof AuthorizationError) return said(error);
  if (error instanceof ConnectionError) return connectionError(error);
  return error;
}

/**
 * Converts the error of a request.
 *
 * @param error The engine's error.
 * @param subject The subject of the request.
 */
export function requestError(error: unknown, subject: string): Error {
  if (error instanceof NoRespondersError) return failed(new errors.NoRespondersError(subject));
  if (error instanceof ConnectionClosedError) return new errors.RequestError("connection closed");
  const core = coreError(error, subject);
  if (core instanceof errors.PermissionViolationError) return failed(core);
  return core;
}

/** Creates a RequestError with a cause. */
export function failed(cause: Error): Error {
  return new errors.RequestError(cause.message, { cause });
}

/** @returns The thrown value as an Error. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

/** Creates the error for an -ERR of the server. */
function said({ message, cause }: ServerError | AuthorizationError): Error {
  const text = typeof cause === "string" ? cause : message;
  return (
    errors.UserAuthenticationExpiredError.parse(text) ??
    errors.AuthorizationError.parse(text) ??
    new errors.ProtocolError(text)
  );
}

function violation({ operation, subject, queue }: PermissionViolationError): Error {
  const what = operation === "publish" ? "Publish" : "Subscription";
  const group = queue === undefined ? "" : ` using queue "${queue}"`;
  return new errors.PermissionViolationError(
    `Permissions Violation for ${what} to "${subject}"${group}`,
    operation,
    subject,
    queue,
  );
}

function connectionError(error: ConnectionError): Error {
  if (error instanceof ConnectionClosedError) return new errors.ClosedConnectionError();
  if (error instanceof ConnectionDrainingError) return new errors.DrainingConnectionError();
  if (error instanceof DisconnectedError) {
    return new errors.RequestError("connection disconnected", { cause: error });
  }
  const { cause } = error;
  if (cause instanceof AggregateError) {
    // Several servers, or several addresses of one: the message names each.
    const message = refused(cause) ? `connection refused: ${error.message}` : error.message;
    return new errors.ConnectionError(message, { cause });
  }
  if (cause instanceof TimeoutError) return new errors.TimeoutError();
  if (cause instanceof InvalidArgumentError) return optionError(cause);
  if (!(cause instanceof Error)) return new errors.ConnectionError(error.message, { cause: error });
  if (refused(cause)) {
    return new errors.ConnectionError("connection refused", { cause });
  }
  if (cause instanceof NatsError) return new errors.ConnectionError(cause.message, { cause });
  // Errors of Node.js about certificates and host names are not changed.
  return cause;
}

/** Features that a server may lack: the engine's text, and the name of the official option. */
const UNSUPPORTED = [
  ["does not support TLS", "tls"],
  ['does not support "echo: false"', "noEcho"],
] as const;

/** Converts the error of an option that is checked only when connecting. */
function optionError(error: InvalidArgumentError): Error {
  const { cause } = error;
  if (cause instanceof Error && codeOf(cause) === "ENOENT") {
    const { path = "" } = cause as NodeJS.ErrnoException;
    return new errors.ConnectionError(`${resolve(path)} doesn't exist`, { cause });
  }
  const { message } = error;
  for (const [ours, option] of UNSUPPORTED) {
    if (!message.includes(ours)) continue;
    return new errors.ConnectionError(`server does not support '${option}'`, { cause: error });
  }
  return new errors.ConnectionError(message, { cause: error });
}

function refused(error: Error): boolean {
  if (error instanceof AggregateError) return error.errors.every(refused);
  const { cause } = error;
  return codeOf(error) === "ECONNREFUSED" || (cause instanceof Error && refused(cause));
}

function codeOf(error: Error): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
