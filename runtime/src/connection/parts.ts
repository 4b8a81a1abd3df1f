import type { Pings } from "./pings.js";
import type { Requests } from "./requests.js";
import type { Subscriptions } from "./subscriptions.js";
import type { WriteLoop } from "./write-loop.js";

/** Parts of an engine that outlive each connection to a server. */
export interface Parts {
  readonly writeLoop: WriteLoop;
  readonly pings: Pings;
  readonly subscriptions: Subscriptions;
  readonly requests: Requests;
}
