import type { SlowConsumer } from "../delivery/slow-consumer.js";
import { HandlerError, type NatsError } from "../errors.js";
import type { LogLevel, NatsLogger } from "../logger.js";
import { isThenable } from "../waiting/thenable.js";
import { Emitter } from "./events.js";

/** Events, errors and the log of a connection. A failing listener, handler or logger does not disturb it. */
export class Journal {
  /** Emitter of the connection's events. */
  readonly events: Emitter;
  /** Number of times that a bounded queue was full. */
  slowConsumers = 0;

  readonly #onError: (error: NatsError) => void;
  readonly #logger: NatsLogger;

  /**
   * @param onError The connection's error handler.
   * @param logger The connection's logger.
   */
  constructor(onError: (error: NatsError) => void, logger: NatsLogger) {
    this.#onError = onError;
    this.#logger = logger;
    this.events = new Emitter((cause, name) => {
      const error = new HandlerError("", cause, `A listener of "${name}"`);
      // A failing listener of errors does not get its own error.
      if (name === "error") this.#handle(error);
      else this.report(error);
    });
  }

  /** Reports an error that no call gets. Never throws. */
  readonly report = (error: NatsError): void => {
    this.events.emit("error", { error });
    this.#handle(error);
  };

  /** Counts and reports a full queue. */
  readonly slow = (event: SlowConsumer): void => {
    this.slowConsumers++;
    this.events.emit("slowConsumer", event);
  };

  /** Writes a line of the log. */
  log(level: LogLevel, details: object, message: string): void {
    try {
      this.#logger[level](details, message);
    } catch (error) {
      this.report(new HandlerError("", error, "The logger"));
    }
  }

  #handle(error: NatsError): void {
    const failed = (cause: unknown): void => console.error(cause);
    try {
      const result: unknown = this.#onError(error);
      if (isThenable(result)) result.then(undefined, failed);
    } catch (cause) {
      failed(cause);
    }
  }
}
