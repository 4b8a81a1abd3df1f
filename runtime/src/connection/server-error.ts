import { type NatsError, PermissionViolationError, ServerError } from "../errors.js";
import type { Requests } from "./requests.js";
import type { Subscriptions } from "./subscriptions.js";

const VIOLATION =
  /^permissions violation for (publish|subscription) to "([^"]*)"(?: using queue "([^"]*)")?/i;

/**
 * Brings an -ERR of an open connection to whom it concerns.
 *
 * @param text What the server said.
 * @param server The server's address.
 * @param requests May hold a request that is refused by it.
 * @param subscriptions May hold a subscription that is refused by it.
 * @param report Takes what concerns nobody in particular.
 */
export function routeServerError(
  text: string,
  server: string,
  requests: Requests,
  subscriptions: Subscriptions,
  report: (error: NatsError) => void,
): void {
  const match = VIOLATION.exec(text);
  if (match === null) {
    report(new ServerError(`${server} says: ${text}`));
    return;
  }
  const [, operation, subject = "", queue] = match;
  if (operation?.toLowerCase() === "publish") {
    const error = new PermissionViolationError("publish", subject, queue);
    if (!requests.refuse(subject, error)) report(error);
    return;
  }
  const error = new PermissionViolationError("subscription", subject, queue);
  const entry = subscriptions.refuse(subject, queue, error);
  if (entry !== undefined && requests.refuseInbox(entry, error)) return;
  // Who still waits for the subscription gets the error there.
  if (entry === undefined || entry.confirmed) (entry?.onError ?? report)(error);
}
