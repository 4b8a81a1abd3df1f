import {
  type Attributes,
  type Context,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";
import { VERSION } from "../version.js";
import { Call } from "../waiting/call.js";
import { isThenable } from "../waiting/thenable.js";

/** Operations on messages in the terms of the conventions. */
const OPERATIONS = {
  publish: { type: "send", kind: SpanKind.PRODUCER },
  // The requester waits for the reply.
  request: { type: "send", kind: SpanKind.CLIENT },
  process: { type: "process", kind: SpanKind.CONSUMER },
} as const;

/** Destination or source of messages. */
export interface Destination {
  /** The subject; `undefined` for several. */
  readonly subject?: string | undefined;
  /** The subscribed subject. */
  readonly template?: string;
  /** The queue group. */
  readonly queue?: string | undefined;
}

/**
 * Starts a span.
 *
 * @param operation The operation.
 * @param destination Destination or source of the messages.
 * @param parent The parent context.
 * @see https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/
 */
export function startSpan(
  operation: keyof typeof OPERATIONS,
  { subject, template = subject, queue }: Destination,
  parent: Context,
): Span {
  const { type, kind } = OPERATIONS[operation];
  const temporary = template?.startsWith("_INBOX.") ?? false;
  const attributes: Attributes = {
    "messaging.system": "nats",
    "messaging.operation.name": operation,
    "messaging.operation.type": type,
  };
  if (subject !== undefined) attributes["messaging.destination.name"] = subject;
  if (template !== subject) attributes["messaging.destination.template"] = template;
  if (temporary) attributes["messaging.destination.temporary"] = true;
  if (queue !== undefined) attributes["messaging.consumer.group.name"] = queue;
  const creation = operation === "process" ? trace.getSpanContext(parent) : undefined;
  const links = creation === undefined ? [] : [{ context: creation }];
  // Span names must have few values: every client has its own inbox.
  const place = temporary ? "(temporary)" : template;
  const name = place === undefined ? operation : `${operation} ${place}`;
  return tracer().startSpan(name, { kind, attributes, links }, parent);
}

/** Ends a span with an error. */
export function failSpan(span: Span, cause: unknown): void {
  const error = cause instanceof Error ? cause : new Error(String(cause));
  const { code = error.name } = error as { code?: unknown };
  span.recordException(error);
  span.setAttribute("error.type", String(code));
  span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
  span.end();
}

/** Runs a function within a span, and ends the span with its outcome. */
export function during<R>(span: Span, act: () => R): R {
  let result: R;
  try {
    result = act();
  } catch (cause) {
    failSpan(span, cause);
    throw cause;
  }
  if (!isThenable(result)) {
    span.end();
    return result;
  }
  // The promise itself is returned: ignoring that of a publish never causes an unhandledRejection.
  const awaited = result instanceof Call && result.awaited;
  result.then(
    () => span.end(),
    (cause: unknown) => failSpan(span, cause),
  );
  // The span is not what awaits a call.
  if (result instanceof Call) result.awaited = awaited;
  return result;
}

/** Looked up each time, because a provider may be registered after the start of the program. */
function tracer() {
  return trace.getTracer("alternats", VERSION);
}
