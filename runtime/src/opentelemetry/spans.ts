import {
  type Attributes,
  type Context,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";
import { VERSION } from "../version.js";
import { isThenable } from "../waiting/thenable.js";

/** What is done with messages, by the conventions' words. */
const OPERATIONS = {
  publish: { type: "send", kind: SpanKind.PRODUCER },
  // Who asks waits for the answer.
  request: { type: "send", kind: SpanKind.CLIENT },
  process: { type: "process", kind: SpanKind.CONSUMER },
} as const;

/** Where messages go or come from. */
export interface Destination {
  /** The subject; `undefined` where there are several. */
  readonly subject?: string | undefined;
  /** The subject listened on. */
  readonly template?: string;
  /** The queue group. */
  readonly queue?: string | undefined;
}

/**
 * Begins a span.
 *
 * @param operation What is done.
 * @param destination With messages of what.
 * @param parent What it is part of.
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
  // Names are few: an inbox is another for each client.
  const place = temporary ? "(temporary)" : template;
  const name = place === undefined ? operation : `${operation} ${place}`;
  return tracer().startSpan(name, { kind, attributes, links }, parent);
}

/** Ends a span with what went wrong. */
export function failSpan(span: Span, cause: unknown): void {
  const error = cause instanceof Error ? cause : new Error(String(cause));
  const { code = error.name } = error as { code?: unknown };
  span.recordException(error);
  span.setAttribute("error.type", String(code));
  span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
  span.end();
}

/** Does what a span is about, and ends it with the outcome. */
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
  // The promise itself is handed on: that of a publish may be ignored, and then raises nothing.
  result.then(
    () => span.end(),
    (cause: unknown) => failSpan(span, cause),
  );
  return result;
}

/** Asked each time: a provider may be registered after the program has begun. */
function tracer() {
  return trace.getTracer("alternats", VERSION);
}
