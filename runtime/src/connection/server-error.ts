import {
  AuthorizationError,
  type NatsError,
  PermissionViolationError,
  ServerError,
} from "../errors.js";
import { formatServer, type ServerAddress } from "../protocol/server-address.js";
import type { Requests } from "./requests.js";
import type { Subscriptions } from "./subscriptions.js";

/** What follows is the subject; a quotation mark or backslash inside has a backslash in front. */
const VIOLATION =
  /^permissions violation for (publish|subscription)(?: to| with reply of) "((?:[^"\\]|\\.)*)"(?: using queue "((?:[^"\\]|\\.)*)")?(?: \(sid "(\d+)"\))?/i;

/**
 * @returns The error that an -ERR stands for which concerns the whole connection; its cause is what the
 *   server said.
 */
export function connectionError(text: string, server: ServerAddress): NatsError {
  const address = formatServer(server);
  if (/authorization|authentication/i.test(text)) {
    return new AuthorizationError(
      `${address} refused the credentials: ${text}. Check user, password, token or key.`,
      { cause: text },
    );
  }
  return new ServerError(`${address} says: ${text}`, { cause: text });
}

/**
 * Brings an -ERR of an open connection to whom it concerns.
 *
 * @param text What the server said.
 * @param server The server's address.
 * @param requests May hold a request that is refused by it.
 * @param subscriptions May hold a subscription that is refused by it.
 * @param report Takes what concerns nobody in particular.
 * @param tell Told of what somebody else gets.
 */
export function routeServerError(
  text: string,
  server: ServerAddress,
  requests: Requests,
  subscriptions: Subscriptions,
  report: (error: NatsError) => void,
  tell: (error: NatsError) => void,
): void {
  const match = VIOLATION.exec(text);
  if (match === null) {
    report(connectionError(text, server));
    return;
  }
  const [, operation, quoted = "", quotedQueue, sid] = match;
  const subject = unquoted(quoted);
  const queue = quotedQueue === undefined ? undefined : unquoted(quotedQueue);
  if (operation?.toLowerCase() === "publish") {
    const error = new PermissionViolationError("publish", subject, queue);
    if (requests.refuse(subject, error)) tell(error);
    else report(error);
    return;
  }
  const error = new PermissionViolationError("subscription", subject, queue);
  const number = sid === undefined ? undefined : Number(sid);
  const entry = subscriptions.refuse(subject, queue, number, error);
  if (entry === undefined) {
    report(error);
    return;
  }
  tell(error);
  if (!requests.refuseInbox(entry, error)) entry.tell(error);
}

/** Undoes what Go's `%q` does to text that a subject can have. */
function unquoted(text: string): string {
  return text.replace(
    /\\(?:u([0-9a-f]{4})|U([0-9a-f]{8})|x([0-9a-f]{2})|(.))/g,
    (_, u, U, x, one) => one ?? String.fromCodePoint(Number.parseInt(u ?? U ?? x, 16)),
  );
}
