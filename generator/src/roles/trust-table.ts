import { overlap } from "../model/streams.js";
import { defaultAccount, type Role, type User, type Verb } from "./role.js";
import { patternsOf } from "./subject-patterns.js";

/** Possible effects of the users of a role on the users of others. */
export interface TrustRow {
  readonly role: string;
  /** Names of the other roles. */
  readonly others: readonly string[];
  /** A sentence without its full stop. */
  readonly could: string;
}

/** Compares the users of all roles, also those of one role with each other. */
export function trustRows(roles: readonly Role[]): readonly TrustRow[] {
  return roles.flatMap((role) => {
    const rows = new Map<string, string[]>();
    for (const other of roles) {
      const could = couldDo(role, other);
      if (could !== undefined) rows.set(could, [...(rows.get(could) ?? []), other.name]);
    }
    return [...rows].map(([could, others]) => ({ role: role.name, others, could }));
  });
}

function couldDo(role: Role, other: Role): string | undefined {
  if (role === other && role.users.length < 2) return undefined;
  if (sharesAccount(role, other))
    return "everything: they share an account, in which reply subjects are not checked";
  if (role.trust.isTrusted && !other.trust.isTrusted && isPlatform(role))
    return "everything that reaches them: all of it comes through the account of this role";
  const does = (verb: Verb, theirs: Verb): boolean => {
    const sent = subjectsOf(role, verb);
    const heard = subjectsOf(other, theirs);
    return sent.some(([user, one]) =>
      heard.some(([each, another]) => user !== each && overlap(one, another)),
    );
  };
  const ways = [
    ...(does("publish", "subscribe") ? ["send them its own messages, true or not"] : []),
    ...(does("request", "respond") ? ["send them requests"] : []),
    ...(does("respond", "request") ? ["answer their requests, truly or not, or not at all"] : []),
  ];
  return ways.length === 0 ? "nothing, except use the server's time" : ways.join("; ");
}

/** @returns `true` if the account of a role is the one from which strangers import. */
function isPlatform({ account }: Role): boolean {
  return account === defaultAccount;
}

/** Number of users of a role whose subjects are compared: more of them are of the same kind. */
const COMPARED = 50;

function subjectsOf({ grants, users }: Role, verb: Verb): readonly (readonly [User, string])[] {
  const own = grants.filter((grant) => grant.verb === verb);
  return users
    .slice(0, COMPARED)
    .flatMap((user) =>
      own
        .flatMap(({ channel }) => patternsOf(channel.key, user.bound))
        .map((subject) => [user, subject] as const),
    );
}

/** @returns `true` if a user of a role has the same account as another user of the other role. */
function sharesAccount(role: Role, other: Role): boolean {
  const accounts = role.users.map(({ account }) => account);
  const unique = new Set(accounts);
  if (role === other) return unique.size < accounts.length;
  return other.users.some(({ account }) => unique.has(account));
}
