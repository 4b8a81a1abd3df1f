import type { Channel, Sdk } from "../model/sdk.js";
import { overlap } from "../model/streams.js";
import type { ReportRole } from "./report-role.js";
import type { Role, User, Verb } from "./role.js";
import { patternsOf } from "./subject-patterns.js";

const sending: ReadonlySet<Verb> = new Set(["publish", "request"]);

/**
 * Warns of permissions that a role gets without naming them: permissions apply to subjects, not to
 * operations, and operations may share a subject.
 */
export function warnOverlaps(role: Role, user: User, sdk: Sdk, report: ReportRole): void {
  const told = new Set<string>();
  for (const { verb, channel } of role.grants) {
    const patterns = patternsOf(channel.key, user.bound);
    for (const other of sdk.channels) {
      const verbs = alike(verb, other);
      const isGranted = role.grants.some((each) => {
        return each.channel === other && verbs.includes(each.verb);
      });
      const cannotBe = other.key.isGiven || (sending.has(verb) && !other.sends);
      if (cannotBe || isGranted) continue;
      const subjects = patternsOf(other.key, user.bound);
      if (!patterns.some((one) => subjects.some((another) => overlap(one, another)))) continue;
      const [first = verb] = verbs;
      if (told.has(`${first} ${other.name}`)) continue;
      told.add(`${first} ${other.name}`);
      report.warn([role.name, verb], {
        code: "overlapping-permission",
        message: `Permission to \`${verb}\` \`${channel.name}\` also allows to \`${first}\` \`${other.name}\`: \`${other.key.address}\` and \`${channel.key.address}\` can be the same subject.`,
        fix: "Give them different subjects, or grant both.",
      });
    }
  }
}

/** Verbs of another channel that need the same permission. */
function alike(verb: Verb, { kind }: Channel): readonly Verb[] {
  if (sending.has(verb)) return kind === "channel" ? ["publish"] : ["request"];
  return kind === "channel" ? ["subscribe"] : ["respond"];
}
