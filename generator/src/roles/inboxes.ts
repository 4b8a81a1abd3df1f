import type { User } from "./role.js";

/** Prefix of the reply subjects of requests that come from other accounts. */
export const IMPORTED_REPLIES = "_R_.>";

/** Prefix of a user's inboxes, for the engine's option `inboxPrefix`. */
export function inboxPrefixOf({ name }: Pick<User, "name">): string {
  return `_INBOX_${name}.`;
}

/** All inboxes of a user. */
export function inboxOf(user: Pick<User, "name">): string {
  return `${inboxPrefixOf(user)}>`;
}
