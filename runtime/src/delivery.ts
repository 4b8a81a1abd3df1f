import type { Gate } from "./buffers/bounded-queue.js";
import type { Deliver } from "./connection/subscriptions.js";
import {
  DeserializeError,
  HandlerError,
  InvalidArgumentError,
  MessagesDroppedError,
  ValidationError,
} from "./errors.js";
import { HandlerQueue } from "./handler-queue.js";
import type { ErrorHandler, NatsCommand, NatsMessage, SubscribeOptions } from "./nats-command.js";
import type { Frame } from "./protocol/frame.js";
import { SubjectReader } from "./protocol/subject-reader.js";
import { ReceivedMessage } from "./received-message.js";
import type { NatsSerializer } from "./serialization/serializer.js";
import type { SchemaResult, StandardSchema } from "./standard-schema.js";

/** Messages that may wait for a handler or a loop where nothing else is said. */
export const DEFAULT_MAX_BUFFERED = 65_536;

/** What a typed subscription needs of its connection. */
export interface DeliveryContext {
  /** Where answers go. */
  readonly nats: NatsCommand;
  /** The connection's serializer. */
  readonly serializer: NatsSerializer;
  /** Takes errors that the subscription has no handler for. */
  readonly report: ErrorHandler;
  /** Stops and starts the reading. */
  readonly gate: Gate;
  /** The connection's `concurrency`. */
  readonly concurrency: number;
}

/** Handles a message. A promise is awaited only where there is `concurrency`. */
export type Handle<T> = (message: NatsMessage<T>) => unknown;

/**
 * What is done with each message of a typed subscription: its payload is read, checked and handed to the
 * handler, and whatever fails goes to the error handler, so that reading goes on.
 *
 * @param key The subject listened on, for messages to people.
 * @param options The subscription's options.
 * @param context The connection's part.
 * @param handle Gets the messages.
 * @param unreadable Told of what cannot be read or does not pass the schema, besides the error handler.
 */
export function typedDelivery<T>(
  key: string,
  options: SubscribeOptions<T>,
  context: DeliveryContext,
  handle: Handle<T>,
  unreadable?: (reply: string | undefined, cause: unknown) => void,
): Deliver {
  const { nats } = context;
  const { accepts } = options;
  const serializer = options.serializer ?? (context.serializer as NatsSerializer<T>);
  const report = options.onError ?? context.report;
  const subjects = new SubjectReader();

  const refuse = (reply: string | undefined, error: DeserializeError | ValidationError): void => {
    unreadable?.(reply, error);
    report(error);
  };
  const run = guarded(handle, report);
  const accept = queued(key, options, context, run);
  const check = options.schema === undefined ? accept : checked(options.schema, accept, refuse);

  return (frame: Frame) => {
    const subject = subjects.read(frame);
    if (accepts?.(subject) === false) return;
    const headers = frame.hasHeaders ? frame.headers : undefined;
    let value: T;
    try {
      value = serializer.deserialize(frame.buffer, frame.start, frame.end, headers);
    } catch (cause) {
      refuse(frame.reply, new DeserializeError(subject, cause));
      return;
    }
    check(new ReceivedMessage(nats, value, subject, frame.reply, headers));
  };
}

/** Gives what a handler throws or rejects with to the error handler. */
function guarded<T>(handle: Handle<T>, report: ErrorHandler): Handle<T> {
  return (message) => {
    try {
      const result = handle(message);
      if (!isThenable(result)) return undefined;
      return Promise.resolve(result).catch((cause: unknown) =>
        report(new HandlerError(message.subject, cause)),
      );
    } catch (cause) {
      report(new HandlerError(message.subject, cause));
      return undefined;
    }
  };
}

/** Puts a queue before the handler where there is `concurrency`. */
function queued<T>(
  subject: string,
  options: SubscribeOptions<T>,
  context: DeliveryContext,
  run: Handle<T>,
): Handle<T> {
  const { concurrency = context.concurrency } = options;
  if (!Number.isSafeInteger(concurrency) || concurrency < 0) {
    throw new InvalidArgumentError(
      `"concurrency" is a whole number from 0 on, not ${concurrency}.`,
    );
  }
  if (concurrency === 0) return run;
  const { maxBuffered = DEFAULT_MAX_BUFFERED, whenFull = "pause" } = options;
  const report = options.onError ?? context.report;
  const queue = new HandlerQueue<NatsMessage<T>>(
    concurrency,
    maxBuffered,
    whenFull,
    context.gate,
    run,
    (dropped) => report(slowHandler(subject, maxBuffered, dropped)),
  );
  return (message) => queue.push(message);
}

/** Delivers what passes the schema. Validators may be asynchronous; messages then overtake each other. */
function checked<T>(
  schema: StandardSchema<T>,
  accept: Handle<T>,
  refuse: (reply: string | undefined, error: ValidationError) => void,
): Handle<T> {
  const decide = (message: NatsMessage<T>, result: SchemaResult<T>): void => {
    if (result.issues !== undefined) {
      refuse(message.reply, new ValidationError(message.subject, result.issues));
    } else {
      (message as ReceivedMessage<T>).value = result.value;
      accept(message);
    }
  };
  return (message) => {
    const failed = (cause: unknown): void =>
      refuse(message.reply, new ValidationError(message.subject, [{ message: String(cause) }]));
    try {
      const result = schema["~standard"].validate(message.value);
      if (result instanceof Promise) result.then((late) => decide(message, late)).catch(failed);
      else decide(message, result);
    } catch (cause) {
      failed(cause);
    }
  };
}

/** @returns The error that tells of lost messages. */
export function slowHandler(
  subject: string,
  maxBuffered: number,
  dropped: number,
): MessagesDroppedError {
  return new MessagesDroppedError(
    `The messages of "${subject}" are not taken fast enough: ${maxBuffered} wait already, and one was lost. Take them faster, raise maxBuffered, or choose whenFull: "pause".`,
    dropped,
  );
}

/** Whether a value is a promise, of whatever make. */
export function isThenable<R>(value: R | PromiseLike<R>): value is PromiseLike<R> {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof (value as { then?: unknown }).then === "function"
  );
}
