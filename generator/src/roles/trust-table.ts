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
  const pairs = role.users.flatMap((user) =>
    other.users.filter((each) => each !== user).map((each) => [user, each] as const),
  );
  if (pairs.length === 0) return undefined;
  if (pairs.some(([user, each]) => user.account === each.account))
    return "everything: they share an account, in which reply subjects are not checked";
  if (role.trust.isTrusted && !other.trust.isTrusted && isPlatform(role))
    return "everything that reaches them: all of it comes through the account of this role";
  const does = (verb: Verb, theirs: Verb): boolean =>
    pairs.some(([user, each]) =>
      subjectsOf(role, user, verb).some((one) =>
        subjectsOf(other, each, theirs).some((another) => overlap(one, another)),
      ),
    );
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

function subjectsOf({ grants }: Role, { bound }: User, verb: Verb): readonly string[] {
  return grants
    .filter((grant) => grant.verb === verb)
    .flatMap(({ channel }) => patternsOf(channel.key, bound));
}
