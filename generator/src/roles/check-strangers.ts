import type { Channel, Sdk, Stream } from "../model/sdk.js";
import { covers, overlap } from "../model/streams.js";
import type { ReportRole } from "./report-role.js";
import { defaultAccount, type Role, type User, type Verb } from "./role.js";
import { isStored, keeps, keptStreams, mayReadAll } from "./streams.js";
import { patternsOf } from "./subject-patterns.js";

/** A role with the place where its problems are reported. */
export interface ReportedRole {
  readonly role: Role;
  readonly report: ReportRole;
}

/** A user of a role. */
interface Member {
  readonly role: Role;
  readonly user: User;
}

/**
 * Reports what users that are not trusted cannot have, or what one of them could do to another.
 *
 * @param all All roles of the broker.
 */
export function checkStrangers(all: readonly ReportedRole[], sdk: Sdk): void {
  const members = all.flatMap(({ role }) => role.users.map((user) => ({ role, user })));
  const appended = members.flatMap((member) =>
    sdk.streams.flatMap((stream) =>
      appendedBy(member, stream, sdk).map((name) => ({ stream, member, name })),
    ),
  );
  const published = members
    .filter(({ role }) => !role.trust.isTrusted)
    .map((member) => ({ ...member, subjects: subjectsOf(member, "publish", () => true) }));
  for (const { role, report } of all) {
    if (role.trust.isTrusted) continue;
    if (role.streams.length > 0) {
      report.error([role.name, "streams"], {
        code: "untrusted-manager",
        message: `\`${role.name}\` is not trusted (${role.trust.reason}), but a role that manages streams can change the messages of everybody.`,
        fix: "Remove `streams`, or write `trusted: true`.",
      });
    }
    // One report is enough for all users of a role.
    checkAccounts(role, members, report);
    checkListeners(role, published, sdk, report);
    checkAppenders(role, appended, report);
    checkReaders(role, sdk, report);
  }
}

/** Reports an account that strangers share with trusted users. */
function checkAccounts(role: Role, members: readonly Member[], report: ReportRole): void {
  const trusted = [
    defaultAccount,
    ...members.filter((each) => each.role.trust.isTrusted).map(({ user }) => user.account),
  ];
  const shared = role.users.find(({ account }) =>
    trusted.some((each) => each.toLowerCase() === account.toLowerCase()),
  );
  if (shared === undefined) return;
  report.error([role.name], {
    code: "shared-account",
    message: `\`${shared.name}\` is not trusted (${role.trust.reason}), but its account \`${shared.account}\` has users that are. Users of one account can do anything to each other.`,
    fix: "Give it another name or another `account`, or write `trusted: true`.",
  });
}

/** A subject of a user's operation. */
interface Used {
  readonly channel: Channel;
  readonly subject: string;
}

/** A user that is not trusted, with the subjects that it publishes to. */
interface Publisher extends Member {
  readonly subjects: readonly Used[];
}

/** Subjects of a user's operations of one verb. */
function subjectsOf(
  { role, user }: Member,
  verb: Verb,
  of: (channel: Channel) => boolean,
): readonly Used[] {
  return role.grants
    .filter((grant) => grant.verb === verb && of(grant.channel))
    .flatMap(({ channel }) =>
      patternsOf(channel.key, user.bound).map((subject) => ({ channel, subject })),
    );
}

/** Reports messages of strangers that other strangers cannot hear. */
function checkListeners(
  role: Role,
  published: readonly Publisher[],
  sdk: Sdk,
  report: ReportRole,
): void {
  const unstored = (channel: Channel): boolean => !isStored(sdk, channel);
  for (const user of role.users) {
    for (const { channel, subject } of subjectsOf({ role, user }, "subscribe", unstored)) {
      const from = published.find(
        (other) =>
          other.user.account !== user.account &&
          other.subjects.some((sent) => overlap(sent.subject, subject)),
      );
      if (from === undefined) continue;
      report.error([role.name, "subscribe"], {
        code: "unstored-channel",
        message: `\`${user.name}\` cannot hear \`${channel.name}\` of \`${from.user.name}\`: neither is trusted, so they have different accounts, and messages pass from one to the other only through a stream.`,
        fix: `Store the channel in a stream: \`x-alternats-stream\` (docs/event-log.md). Or write \`trusted: true\` for one of the roles.`,
      });
      return;
    }
    const own = subjectsOf({ role, user }, "publish", () => true);
    const twice = subjectsOf({ role, user }, "subscribe", () => true).find(({ subject }) =>
      own.some((sent) => overlap(sent.subject, subject) && !covers(sent.subject, subject)),
    );
    if (twice === undefined) continue;
    report.warn([role.name, "subscribe"], {
      code: "heard-twice",
      message: `\`${user.name}\` publishes a part of what it hears on \`${twice.channel.name}\`. It will receive its own messages twice: from its own account, and from the platform's.`,
      fix: "Let it subscribe with the same allowed values that it publishes with.",
    });
    return;
  }
}

/** A stream to which a user appends. */
interface Appended {
  readonly stream: Stream;
  readonly member: Member;
  /** Its name; with a wildcard if the user appends to several. */
  readonly name: string;
}

/** Reports streams in which strangers could remove or suppress messages of others. */
function checkAppenders(role: Role, appended: readonly Appended[], report: ReportRole): void {
  const byName = new Map<string, Appended[]>();
  for (const each of appended) {
    const key = `${each.stream.stream} ${each.name}`;
    const same = byName.get(key);
    if (same === undefined) byName.set(key, [each]);
    else same.push(each);
  }
  const wide = appended.filter(({ name }) => name.includes("*"));
  for (const own of appended) {
    const { user } = own.member;
    if (own.member.role !== role) continue;
    const isOther = (each: Appended): boolean =>
      each.stream === own.stream && each.member.user.account !== user.account;
    const other = own.name.includes("*")
      ? appended.find(isOther)
      : (byName.get(`${own.stream.stream} ${own.name}`)?.find(isOther) ?? wide.find(isOther));
    if (other !== undefined) {
      const name = other.member.user.name;
      report.error([role.name, "publish"], {
        code: "shared-stream",
        message: `\`${user.name}\` is not trusted, and appends to the stream \`${own.stream.stream}\`, as \`${name}\` does. By many messages, or with the other's message ids, it could remove or suppress the messages of \`${name}\`.`,
        fix: "Give each its own stream by a parameter in the stream's name, for example `EVENTS_{server_id}`, or write `trusted: true`.",
      });
      return;
    }
    if ((own.stream.settings.maxBytes ?? -1) >= 0) continue;
    report.error([role.name, "publish"], {
      code: "unlimited-stream",
      message: `\`${user.name}\` is not trusted, and appends to the stream \`${own.stream.stream}\`, which has no \`maxBytes\`. It could fill the storage of all streams.`,
      fix: "Set `maxBytes` of the stream, or write `trusted: true`.",
    });
    return;
  }
}

/** Names of the streams of a template to which a user appends. */
function appendedBy({ role, user }: Member, stream: Stream, sdk: Sdk): readonly string[] {
  const stored = (channel: Channel): boolean => keeps(stream, channel);
  const subjects = subjectsOf({ role, user }, "publish", stored).map(({ subject }) => subject);
  return keptStreams(stream, user, sdk.channels)
    .filter((each) => each.subjects.some((held) => subjects.some((own) => overlap(own, held))))
    .map(({ name }) => name);
}

/** Warns of streams that a stranger may hear, but not read. */
function checkReaders(role: Role, sdk: Sdk, report: ReportRole): void {
  const { grants } = role;
  const onlyListens = grants.every(({ verb }) => verb === "subscribe");
  for (const user of role.users) {
    for (const stream of sdk.streams) {
      const listens = grants.some(
        ({ verb, channel }) => verb === "subscribe" && keeps(stream, channel),
      );
      if (!listens) continue;
      const { retention = "limits" } = stream.settings;
      const isUnknown = keptStreams(stream, user, sdk.channels).some(
        (each) => each.name === "*" || (each.name.includes("*") && !mayReadAll(grants, user, each)),
      );
      if (!isUnknown && (retention === "limits" || !onlyListens)) continue;
      report.warn([role.name, "subscribe"], {
        code: "unreadable-stream",
        message: isUnknown
          ? `\`${user.name}\` is not trusted, and hears all streams \`${stream.stream}\`, but reads none of them: their names are not known.`
          : `\`${user.name}\` is not trusted and only listens: it hears \`${stream.stream}\`, but cannot consume it, because everybody with its credentials would take messages from the others.`,
        fix: isUnknown
          ? "Give the user allowed values of the parameter in the stream's name."
          : "Write `trusted: true`, or store the channel in a stream that keeps its messages.",
      });
      return;
    }
  }
}
