import type { Sdk } from "../model/sdk.js";
import { covers } from "../model/streams.js";
import { type Import, importKey } from "./import.js";
import { IMPORTED_REPLIES, inboxOf } from "./inboxes.js";
import type { PermissionRow } from "./permission-row.js";
import { defaultAccount, type Role, type User } from "./role.js";
import { type StrangerStream, strangerStreams } from "./stranger-streams.js";
import { instancesOf, type StreamInstance } from "./stream-instances.js";
import { isStored } from "./streams.js";
import { patternsOf } from "./subject-patterns.js";

/** Prefix of the subjects on which streams publish again what they have stored. */
export const LIVE = "_live.";

/** Account of a user that is not trusted, and its part of the platform's account. */
export interface Stranger {
  readonly account: string;
  /** `true` if it neither publishes nor answers, so that its credentials may be public. */
  readonly onlyListens: boolean;
  /** Permissions of the user in its account. */
  readonly rows: readonly PermissionRow[];
  /** Imports of its account from the platform's. */
  readonly imports: readonly Import[];
  /** Imports of the platform's account from its account: requests that it answers. */
  readonly served: readonly Import[];
  /** Streams that it reads. */
  readonly streams: readonly StrangerStream[];
  /** Streams that it appends to or reads. */
  readonly stored: readonly StreamInstance[];
}

/**
 * Account of a user that is not trusted. It imports exactly what the role allows: a service import
 * replaces the reply subject, so that an answer reaches the requester and nothing else.
 *
 * @see https://docs.nats.io/running-a-nats-service/configuration/securing_nats/accounts
 */
export function strangerOf(role: Role, user: User, document: Sdk): Stranger {
  const { grants } = role;
  const { account } = user;
  const inbox = inboxOf(user);
  const published = grants
    .filter(({ verb }) => verb === "publish")
    .flatMap(({ channel }) => patternsOf(channel.key, user.bound));
  const rows: PermissionRow[] = [];
  const imports: Import[] = [];
  const served: Import[] = [];
  const service = (subject: string, exported: string, manyReplies: boolean): Import => {
    return { from: defaultAccount, kind: "service", subject, exported, manyReplies };
  };
  for (const { verb, channel, queue } of grants) {
    const subjects = patternsOf(channel.key, user.bound);
    const [all = ""] = patternsOf(channel.key, {});
    const purpose = `${verb} ${channel.name}`;
    switch (verb) {
      case "publish":
      case "request":
        imports.push(...subjects.map((each) => service(each, all, channel.manyReplies)));
        rows.push({
          purpose,
          publish: subjects,
          subscribe: verb === "request" || isStored(document, channel) ? [inbox] : [],
        });
        break;
      case "respond":
        for (const each of subjects)
          served.push({ ...service(each, each, channel.manyReplies), from: account });
        rows.push({
          purpose,
          publish: [IMPORTED_REPLIES],
          subscribe: subjects.map((each) => `${each} ${queue}`),
        });
        break;
      case "subscribe":
        for (const each of subjects) {
          // The account hears its own messages anyway.
          if (published.some((own) => covers(own, each))) continue;
          const stream = { from: defaultAccount, kind: "stream", manyReplies: false } as const;
          imports.push(
            isStored(document, channel)
              ? { ...stream, subject: `${LIVE}${each}`, exported: `${LIVE}${all}`, local: each }
              : { ...stream, subject: each, exported: all },
          );
        }
        // Over an import, a subscription in a group of the platform takes messages away as well.
        rows.push({
          purpose,
          publish: [],
          subscribe: subjects.flatMap((each) => [each, `${each} ${account}.${user.name}`]),
        });
    }
  }
  const streams = strangerStreams(grants, user, document);
  for (const each of streams) {
    imports.push(...each.imports);
    rows.push(...each.rows);
  }
  return {
    account,
    onlyListens: grants.every(({ verb }) => verb === "subscribe"),
    rows,
    imports: unique(imports),
    served: unique(served),
    streams,
    stored: instancesOf(role, user, document),
  };
}

/** Strangers among the users of all roles. */
export function strangersOf(roles: readonly Role[], document: Sdk): readonly Stranger[] {
  return roles.flatMap((role) =>
    role.trust.isTrusted ? [] : role.users.map((user) => strangerOf(role, user, document)),
  );
}

/** Leaves out an import that is there already, or that a wider one includes. */
function unique(imports: readonly Import[]): readonly Import[] {
  const first = new Map<string, Import>();
  for (const each of imports) if (!first.has(importKey(each))) first.set(importKey(each), each);
  const all = [...first.values()];
  return all.filter(
    (one) =>
      !all.some(
        (other) =>
          other !== one &&
          other.kind === one.kind &&
          other.subject !== one.subject &&
          covers(other.subject, one.subject),
      ),
  );
}
