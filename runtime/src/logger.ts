import { shown } from "./arguments.js";
import { InvalidArgumentError } from "./errors.js";

/** Importance of a log line, in ascending order. */
export type LogLevel = "trace" | "debug" | "info" | "warn" | "error";

/**
 * Receiver of the engine's log. Any object with pino's methods works: pino itself, or {@link
 * consoleLogger}.
 */
export type NatsLogger = {
  readonly [L in LogLevel]: (details: object, message: string) => void;
};

/** All levels, in ascending order of importance. */
export const LOG_LEVELS: readonly LogLevel[] = ["trace", "debug", "info", "warn", "error"];

/**
 * Creates a logger for development that writes one line to the console for each event.
 *
 * ```ts
 * new NatsConnection({ logger: consoleLogger("debug") });
 * ```
 *
 * @param level The lowest level that is written.
 * @returns A logger for the option `logger`.
 * @throws InvalidArgumentError if the level is unknown.
 */
export function consoleLogger(level: LogLevel = "info"): NatsLogger {
  if (!LOG_LEVELS.includes(level)) {
    throw new InvalidArgumentError(
      `"level" must be one of ${LOG_LEVELS.join(", ")}, not ${shown(level)}.`,
    );
  }
  const write = (name: LogLevel) => (details: object, message: string) => {
    if (LOG_LEVELS.indexOf(name) < LOG_LEVELS.indexOf(level)) return;
    console[name === "trace" ? "debug" : name](`alternats ${name}: ${message}`, details);
  };
  return {
    trace: write("trace"),
    debug: write("debug"),
    info: write("info"),
    warn: write("warn"),
    error: write("error"),
  };
}

/** Logger that writes nothing. */
export const silentLogger: NatsLogger = {
  trace() {},
  debug() {},
  info() {},
  warn() {},
  error() {},
};
