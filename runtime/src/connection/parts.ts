import type { NatsError } from "../errors.js";
import type { Lifecycle } from "./lifecycle.js";
import type { Pings } from "./pings.js";
import type { Requests } from "./requests.js";
import type { Subscriptions } from "./subscriptions.js";
import type { WriteLoop } from "./write-loop.js";

/** What is told of connections that come and go. */
export interface Parts {
  readonly writeLoop: WriteLoop;
  readonly pings: Pings;
  readonly subscriptions: Subscriptions;
  readonly requests: Requests;
}

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
