import { overlap } from "../model/streams.js";
import type { PermissionRow, Permissions } from "./permission-row.js";
import type { Grant, Role, User } from "./role.js";
import { type Streamed, streamRows } from "./streams.js";
import { patternsOf } from "./subject-patterns.js";

/** Prefix of a user's inboxes, for the engine's option `inboxPrefix`. */
export function inboxPrefixOf({ name }: User): string {
  return `_INBOX_${name}.`;
}

/** Prefix of the reply subjects of requests that come from other accounts. */
export const IMPORTED_REPLIES = "_R_.>";

/**
 * Exact permissions of a user for everything that its role allows.
 *
 * @param document The document's channels and streams.
 * @param roles All roles: a responder publishes to the inboxes of those that may request.
 */
export function permissionRows(
  role: Role,
  user: User,
  document: Streamed,
  roles: readonly Role[],
): readonly PermissionRow[] {
  const { grants } = role;
  return [
    ...grants.map((grant) => rowOf(grant, user, () => inboxesOf(grant, role, user, roles))),
    ...streamRows(grants, user, document, role.streams, `${inboxPrefixOf(user)}>`),
  ];
}

/** Combines all rows. */
export function permissionsOf(rows: readonly PermissionRow[]): Permissions {
  return {
    publish: [...new Set(rows.flatMap(({ publish }) => publish))],
    subscribe: [...new Set(rows.flatMap(({ subscribe }) => subscribe))],
  };
}

/**
 * Inboxes to which a responder may publish. The server's own permission to answer
 * (`allow_responses`) follows any reply subject, also one that a requester has chosen to do harm.
 */
function inboxesOf(
  { channel }: Grant,
  { account }: Role,
  user: User,
  roles: readonly Role[],
): readonly string[] {
  const answered = patternsOf(channel.key, user.bound);
  const isAnswered = (asker: User) => (grant: Grant) =>
    grant.verb === "request" &&
    patternsOf(grant.channel.key, asker.bound).some((asked) =>
      answered.some((each) => overlap(asked, each)),
    );
  const askers = roles
    .filter((role) => role.account === account)
    .flatMap(({ grants, users }) => users.filter((asker) => grants.some(isAnswered(asker))));
  return [...askers.map((asker) => `${inboxPrefixOf(asker)}>`), IMPORTED_REPLIES];
}

function rowOf(
  { verb, channel, queue }: Grant,
  user: User,
  inboxes: () => readonly string[],
): PermissionRow {
  const subjects = patternsOf(channel.key, user.bound);
  const row = { purpose: `${verb} ${channel.name}`, publish: [], subscribe: [] };
  switch (verb) {
    case "publish":
      return { ...row, publish: subjects };
    case "request":
      return { ...row, publish: subjects, subscribe: [`${inboxPrefixOf(user)}>`] };
    case "respond": {
      // Outside of its group, a responder would reply in addition to the others.
      const subscribe = subjects.map((subject) => `${subject} ${queue}`);
      return { ...row, publish: inboxes(), subscribe };
    }
    case "subscribe": {
      // In another user's group it would take messages away. Without a group in the document, the
      // user has its own.
      const group = queue ?? user.name;
      const subscribe = subjects.flatMap((subject) => [subject, `${subject} ${group}`]);
      return { ...row, subscribe };
    }
  }
}
