import type { NatsHeaders } from "../protocol/headers.js";

/** Reader and writer of a message's correlation id. */
export interface Correlation {
  /** @returns The id of a received message as text; undefined where it has none. */
  read(message: unknown, headers: NatsHeaders | undefined): string | undefined;

  /**
   * Gives a message that is to be sent an id, where it has none.
   *
   * @param message The payload, which stays as it is.
   * @param headers The typed headers, which stay as they are.
   * @returns The same, or copies.
   */
  fill(message: unknown, headers: unknown): Filled;
}

/** A message that is to be sent. */
export interface Filled {
  readonly message: unknown;
  readonly headers: unknown;
}
