import { shown } from "../arguments.js";
import { InvalidArgumentError } from "../errors.js";
import type { From } from "./consumer.js";

const PLACES: readonly unknown[] = ["first", "new", "lastPerSubject"];

/**
 * @param from Start of reading.
 * @throws InvalidArgumentError if it is not a valid start, for example a sequence as text from a
 * database.
 */
export function checkFrom(from: From): void {
  if (PLACES.includes(from)) return;
  if (typeof from === "object" && from !== null) {
    const { sequence, time } = from as { readonly sequence?: unknown; readonly time?: unknown };
    if (Number.isSafeInteger(sequence)) return;
    if (time instanceof Date && !Number.isNaN(time.getTime())) return;
  }
  const given = typeof from === "object" ? JSON.stringify(from) : shown(from);
  throw new InvalidArgumentError(
    `"from" must be "first", "new", "lastPerSubject", { sequence } with a whole number, or { time } with a Date, not ${given}.`,
  );
}

/**
 * @param what Kind of the named object.
 * @param name Name of a stream or a consumer.
 * @throws InvalidArgumentError if the name is invalid, because it is part of JetStream's request
 * subjects.
 */
export function checkName(what: string, name: string): void {
  if (typeof name === "string" && /^[^\s.*>\\/]+$/.test(name)) return;
  throw new InvalidArgumentError(
    `"${what}" must be a name without white space, ".", "*", ">", "/" or "\\", not ${shown(name)}.`,
  );
}

/** @throws InvalidArgumentError if they are not a list of milliseconds. */
export function checkRetryDelays(delays: readonly number[]): void {
  const good =
    Array.isArray(delays) && delays.every((delay) => Number.isFinite(delay) && delay >= 0);
  if (good) return;
  throw new InvalidArgumentError(
    `"retryDelays" must be a list of milliseconds, not ${JSON.stringify(delays) ?? shown(delays)}.`,
  );
}
