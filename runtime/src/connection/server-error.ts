import {
  AuthorizationError,
  type NatsError,
  PermissionViolationError,
  ServerError,
} from "../errors.js";
import { formatServer, type ServerAddress } from "../protocol/server-address.js";
import type { Journal } from "./journal.js";
import type { Requests } from "./requests.js";
import type { Subscriptions } from "./subscriptions.js";

/** The server does not say which subscription it means: see {@link Subscriptions.overLimit}. */
const LIMIT = /^maximum subscriptions exceeded/i;

/** @returns `true` if the text refuses a single subscription, and the connection goes on. */
export function refusesSubscription(text: string): boolean {
  return LIMIT.test(text) || /^permissions violation/i.test(text);
}

/** Permissions violation with subject, queue group and number; quotation marks and backslashes are escaped. */
const VIOLATION =
  /^permissions violation for (publish|subscription)(?: to| with reply of) "((?:[^"\\]|\\.)*)"(?: using queue "((?:[^"\\]|\\.)*)")?(?: \(sid "(\d+)"\))?/i;

/** Texts that mean the credentials. An "Authentication Timeout" means a busy server or a slow link. */
const REFUSALS =
  /authorization violation|user authentication expired|user authentication revoked|account authentication expired/i;

/**
 * Makes an error of an -ERR that concerns the whole connection.
 *
 * @param text Text of the -ERR, which becomes the cause.
 * @param server Address of the server.
 */
export function connectionError(text: string, server: ServerAddress): NatsError {
  const address = formatServer(server);
  if (REFUSALS.test(text)) {
    return new AuthorizationError(
      `${address} rejected the credentials: ${text}. Check user, password, token or key.`,
      { cause: text },
    );
  }
  return new ServerError(`${address} reports: ${text}`, { cause: text });
}

/**
 * Routes an -ERR of an open connection to the request or subscription that it concerns.
 *
 * @param text Text of the -ERR.
 * @param server Address of the server.
 * @param requests Pending requests.
 * @param subscriptions Subscriptions.
 * @param journal Reports an error that concerns none of them.
 */
export function routeServerError(
  text: string,
  server: ServerAddress,
  requests: Requests,
  subscriptions: Subscriptions,
  { report, events }: Journal,
): void {
  if (LIMIT.test(text)) {
    subscriptions.overLimit();
    return;
  }
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
    if (requests.refuse(subject, error)) events.emit("error", { error });
    else report(error);
    return;
  }
  const error = new PermissionViolationError("subscription", subject, queue);
  const number = sid === undefined ? undefined : Number(sid);
  if (!subscriptions.refuse(subject, queue, number, error)) report(error);
}

/** Reverses the escapes of Go's `%q`. */
function unquoted(text: string): string {
  return text.replace(
    /\\(?:u([0-9a-f]{4})|U([0-9a-f]{8})|x([0-9a-f]{2})|(.))/g,
    (_, u, U, x, one) => one ?? String.fromCodePoint(Number.parseInt(u ?? U ?? x, 16)),
  );
}
