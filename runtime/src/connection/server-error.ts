import { type NatsError, PermissionViolationError, ServerError } from "../errors.js";
import type { Requests } from "./requests.js";
import type { Subscriptions } from "./subscriptions.js";

/** What follows is the subject; a quotation mark or backslash inside has a backslash in front. */
const VIOLATION =
  /^permissions violation for (publish|subscription)(?: to| with reply of) "((?:[^"\\]|\\.)*)"(?: using queue "((?:[^"\\]|\\.)*)")?(?: \(sid "(\d+)"\))?/i;

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
  const [, operation, quoted = "", quotedQueue, sid] = match;
  const subject = unquoted(quoted);
  const queue = quotedQueue === undefined ? undefined : unquoted(quotedQueue);
  if (operation?.toLowerCase() === "publish") {
    const error = new PermissionViolationError("publish", subject, queue);
    if (!requests.refuse(subject, error)) report(error);
    return;
  }
  const error = new PermissionViolationError("subscription", subject, queue);
  const number = sid === undefined ? undefined : Number(sid);
  const entry = subscriptions.refuse(subject, queue, number, error);
  if (entry === undefined) report(error);
  else if (!requests.refuseInbox(entry, error)) entry.tell(error);
}

/** Undoes what Go's `%q` does to text that a subject can have. */
function unquoted(text: string): string {
  return text.replace(
    /\\(?:u([0-9a-f]{4})|U([0-9a-f]{8})|x([0-9a-f]{2})|(.))/g,
    (_, u, U, x, one) => one ?? String.fromCodePoint(Number.parseInt(u ?? U ?? x, 16)),
  );
}
