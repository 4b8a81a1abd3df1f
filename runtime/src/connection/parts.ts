import type { NatsError } from "../errors.js";
import type { Lifecycle, Parts } from "./lifecycle.js";

/** What a connection is made of. */
export interface ConnectionParts extends Parts {
  readonly lifecycle: Lifecycle;
  /** Takes errors that belong to nobody. Never throws. */
  readonly report: (error: NatsError) => void;
}

const known = new WeakMap<object, ConnectionParts>();

/** Keeps what a connection is made of, for {@link partsOf}. */
export function keepParts(connection: object, parts: ConnectionParts): void {
  known.set(connection, parts);
}

/** @returns What a connection is made of: for faces of this package, which write and read by themselves. */
export function partsOf(connection: object): ConnectionParts | undefined {
  return known.get(connection);
}
