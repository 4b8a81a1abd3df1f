import type { NatsHeaders } from "../protocol/headers.js";

/** Reader and writer of a message's correlation id. */
export interface Correlation {
  /** @returns The id of a received message as text; undefined if it has none. */
  read(message: unknown, headers: NatsHeaders | undefined): string | undefined;

  /**
   * Adds an id to a message to send, if it has none.
   *
   * @param message The payload, which is not changed.
   * @param headers The typed headers, which are not changed.
   * @returns The same values, or copies.
   */
  fill(message: unknown, headers: unknown): Filled;
}

/** A message to send. */
export interface Filled {
  readonly message: unknown;
  readonly headers: unknown;
}
