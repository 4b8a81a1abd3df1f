import { shown } from "../arguments.js";
import type { ErrorHandler, NatsMessage, SubscribeOptions } from "../commands/nats-command.js";
import {
  DeserializeError,
  HandlerError,
  InvalidArgumentError,
  type NatsError,
  ValidationError,
} from "../errors.js";
import { SubjectReader } from "../protocol/subject-reader.js";
import { checkSerializer, FOREIGN, type NatsSerializer } from "../serialization/serializer.js";
import type { SchemaResult, StandardSchema } from "../standard-schema.js";
import { checkBound } from "../waiting/bounded-queue.js";
import { checkCount } from "../waiting/deadline.js";
import { isThenable } from "../waiting/thenable.js";
import { DEFAULT_MAX_BUFFERED, type DeliveryContext } from "./context.js";
import { errorHandler } from "./error-handler.js";
import { HandlerQueue } from "./handler-queue.js";
import { ReceivedMessage } from "./received-message.js";
import type { Receiver } from "./receiver.js";
import { tooSlow } from "./slow-consumer.js";

/** Handles a message. A promise is awaited only with `concurrency`. */
export type Handle<T> = (message: NatsMessage<T>) => unknown;

/** Called for a request that cannot be read or does not match its schema. */
export type Refuse = (reply: string | undefined, cause: unknown) => void;

/**
 * Receiver of a typed subscription: reads and checks each payload and calls the handler. All errors
 * go to the error handler, so reading continues.
 *
 * @param key The subscription's subject, for error messages.
 * @param options The subscription's options.
 * @param context The parts of the connection that it uses.
 * @param handle Called with each message.
 * @param refuse Called for each message that was not delivered, in addition to the error handler.
 */
export function typedReceiver<T>(
  key: string,
  options: SubscribeOptions<T>,
  context: DeliveryContext,
  handle: Handle<T>,
  refuse?: Refuse,
): Receiver {
  checkReading(options);
  const { nats } = context;
  const { accepts } = options;
  const serializer = options.serializer ?? (context.serializer as NatsSerializer<T>);
  const report = errorHandler(options, context.report);
  const subjects = new SubjectReader();
  const refused = (reply: string | undefined, error: NatsError): void => {
    try {
      refuse?.(reply, error);
    } catch (cause) {
      report(cause as NatsError);
    }
    report(error);
  };
  const run = guarded(handle, report);
  const queue = handlerQueue(key, options, context, run);
  const accept: Handle<T> = queue === undefined ? run : (message) => queue.push(message);
  let ended = false;
  // A schema may be asynchronous, and the subscription may have ended in the meantime.
  const acceptLate: Handle<T> = (message) => (ended ? undefined : accept(message));
  const { schema } = options;
  /** Messages whose asynchronous validation is pending. */
  const late = new Set<Promise<void>>();
  const check = schema === undefined ? accept : checked(schema, acceptLate, refused, late);

  return {
    receive(frame) {
      const subject = subjects.read(frame);
      let reply: string | undefined;
      let value: T;
      let headers = undefined as ReceivedMessage<T>["headers"];
      try {
        if (accepts?.(subject) === false) return;
        reply = frame.reply;
        headers = frame.headers;
        value = serializer.deserialize(frame.buffer, frame.start, frame.end, headers);
        if (value === FOREIGN) return;
      } catch (cause) {
        refused(reply, new DeserializeError(subject, cause));
        return;
      }
      check(new ReceivedMessage(nats, value, subject, reply, headers));
    },
    async idle() {
      await Promise.all(late);
      await queue?.idle();
      await options.idle?.();
    },
    ended() {
      ended = true;
      queue?.end();
    },
  };
}

/** @throws InvalidArgumentError naming the invalid option for reading payloads. */
function checkReading<T>(options: SubscribeOptions<T>): void {
  const { serializer, schema, maxBuffered = 1, whenFull = "pause" } = options;
  if (serializer !== undefined) checkSerializer("serializer", serializer);
  if (schema !== undefined && typeof schema?.["~standard"]?.validate !== "function") {
    throw new InvalidArgumentError(
      `"schema" must be a validator that follows Standard Schema, not ${shown(schema)}.`,
    );
  }
  checkBound(maxBuffered, whenFull);
}

/** Passes the errors of a handler to the error handler. */
function guarded<T>(handle: Handle<T>, report: ErrorHandler): Handle<T> {
  const failed = ({ subject }: NatsMessage<T>, cause: unknown): void =>
    report(cause instanceof HandlerError ? cause : new HandlerError(subject, cause));
  return (message) => {
    try {
      const result = handle(message);
      if (!isThenable(result)) return undefined;
      return Promise.resolve(result).catch((cause: unknown) => failed(message, cause));
    } catch (cause) {
      failed(message, cause);
      return undefined;
    }
  };
}

/** Creates the queue before the handler, if there is `concurrency`. */
function handlerQueue<T>(
  key: string,
  options: SubscribeOptions<T>,
  context: DeliveryContext,
  run: Handle<T>,
): HandlerQueue<NatsMessage<T>> | undefined {
  const { concurrency = context.concurrency } = options;
  if (checkCount("concurrency", concurrency, 0) === 0) return undefined;
  const { maxBuffered = DEFAULT_MAX_BUFFERED, whenFull = "pause" } = options;
  const onFull = tooSlow(key, options, context);
  return new HandlerQueue(concurrency, maxBuffered, whenFull, context.gate, run, onFull);
}

/**
 * Delivers values that match the schema. Validators may be asynchronous; messages may then overtake
 * each other.
 *
 * @param late Collects pending validations.
 */
function checked<T>(
  schema: StandardSchema<T>,
  accept: Handle<T>,
  refused: (reply: string | undefined, error: NatsError) => void,
  late: Set<Promise<void>>,
): Handle<T> {
  const decide = (message: NatsMessage<T>, result: SchemaResult<T>): void => {
    if (result.issues !== undefined) {
      refused(message.reply, new ValidationError(message.subject, result.issues));
    } else {
      (message as ReceivedMessage<T>).value = result.value;
      accept(message);
    }
  };
  return (message) => {
    const failed = (cause: unknown): void =>
      refused(message.reply, new DeserializeError(message.subject, cause));
    try {
      const result = schema["~standard"].validate(message.value);
      if (isThenable(result)) {
        const deciding: Promise<void> = Promise.resolve(result)
          .then((found) => decide(message, found))
          .catch(failed)
          .finally(() => late.delete(deciding));
        late.add(deciding);
      } else decide(message, result);
    } catch (cause) {
      failed(cause);
    }
  };
}
