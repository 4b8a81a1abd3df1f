import type { PermissionRow, Permissions } from "./permission-row.js";
import type { Grant, Role, User } from "./role.js";
import { type Streamed, streamRows } from "./streams.js";
import { patternsOf } from "./subject-patterns.js";

/** Prefix of a user's inboxes, for the engine's option `inboxPrefix`. */
export function inboxPrefixOf({ name }: User): string {
  return `_INBOX_${name}.`;
}

/**
 * Exact permissions of a user for everything that its role allows.
 *
 * @param document The document's channels and streams.
 */
export function permissionRows(
  role: Role,
  user: User,
  document: Streamed,
): readonly PermissionRow[] {
  const { grants } = role;
  return [
    ...grants.map((grant) => rowOf(grant, user)),
    ...streamRows(grants, user, document, role.streams, `${inboxPrefixOf(user)}>`),
  ];
}

/** Combines all rows. */
export function permissionsOf(rows: readonly PermissionRow[]): Permissions {
  const responses = rows.map((row) => row.responses);
  return {
    publish: [...new Set(rows.flatMap(({ publish }) => publish))],
    subscribe: [...new Set(rows.flatMap(({ subscribe }) => subscribe))],
    responses: responses.includes(-1) ? -1 : Math.max(0, ...responses),
  };
}

function rowOf({ verb, channel, queue }: Grant, user: User): PermissionRow {
  const subjects = patternsOf(channel.key, user.bound);
  const row = { purpose: `${verb} ${channel.name}`, publish: [], subscribe: [], responses: 0 };
  switch (verb) {
    case "publish":
      return { ...row, publish: subjects };
    case "request":
      return { ...row, publish: subjects, subscribe: [`${inboxPrefixOf(user)}>`] };
    case "respond": {
      // Outside of its group, a responder would reply in addition to the others.
      const subscribe = subjects.map((subject) => `${subject} ${queue}`);
      return { ...row, subscribe, responses: channel.manyReplies ? -1 : 1 };
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
