import { shown } from "./arguments.js";
import { InvalidArgumentError } from "./errors.js";

/** How important a line is, from the least on. */
export type LogLevel = "trace" | "debug" | "info" | "warn" | "error";

/**
 * Where the engine writes what it does. Any object with pino's methods will do: pino itself, or
 * {@link consoleLogger}.
 */
export type NatsLogger = {
  readonly [L in LogLevel]: (details: object, message: string) => void;
};

/** All levels, the least important first. */
export const LOG_LEVELS: readonly LogLevel[] = ["trace", "debug", "info", "warn", "error"];

/**
 * A logger for development: one line on the console.
 *
 * ```ts
 * new NatsConnection({ logger: consoleLogger("debug") });
 * ```
 *
 * @param level The least important level that is written.
 * @returns A logger for the option `logger`.
 * @throws InvalidArgumentError for a level that there is not.
 */
export function consoleLogger(level: LogLevel = "info"): NatsLogger {
  if (!LOG_LEVELS.includes(level)) {
    throw new InvalidArgumentError(
      `"level" is one of ${LOG_LEVELS.join(", ")}, not ${shown(level)}.`,
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

/** Writes nothing. */
export const silentLogger: NatsLogger = {
  trace() {},
  debug() {},
  info() {},
  warn() {},
  error() {},
};
