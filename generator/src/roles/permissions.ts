import type { Sdk } from "../model/sdk.js";
import { overlap } from "../model/streams.js";
import { IMPORTED_REPLIES, inboxOf } from "./inboxes.js";
import type { PermissionRow, Permissions } from "./permission-row.js";
import type { Grant, Role, User } from "./role.js";
import { strangerOf } from "./strangers.js";
import { streamRows } from "./streams.js";
import { patternsOf } from "./subject-patterns.js";

/**
 * Exact permissions of a user for everything that its role allows, in its account.
 *
 * @param document The SDK of both sides.
 * @param roles All roles: a responder publishes to the inboxes of those that may request.
 */
export function permissionRows(
  role: Role,
  user: User,
  document: Sdk,
  roles: readonly Role[],
): readonly PermissionRow[] {
  const { grants, trust } = role;
  if (!trust.isTrusted) return strangerOf(role, user, document).rows;
  return [
    ...grants.map((grant) => rowOf(grant, user, () => inboxesOf(grant, role, user, roles))),
    ...streamRows(grants, user, document, role.streams, inboxOf(user)),
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
    .filter((role) => role.trust.isTrusted && role.account === account)
    .flatMap(({ grants, users }) => users.filter((asker) => grants.some(isAnswered(asker))));
  return [...askers.map(inboxOf), IMPORTED_REPLIES];
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
      return { ...row, publish: subjects, subscribe: [inboxOf(user)] };
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
