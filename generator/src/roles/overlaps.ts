import type { Channel, Sdk } from "../model/sdk.js";
import { overlap } from "../model/streams.js";
import type { ReportRole } from "./report-role.js";
import type { Role, User, Verb } from "./role.js";
import { patternsOf } from "./subject-patterns.js";

const sending: ReadonlySet<Verb> = new Set(["publish", "request"]);

/**
 * Warns of what a role may do although nothing says so: permissions know subjects, not operations, and a subject
 * can be that of several.
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
        message: `Who may \`${verb}\` \`${channel.name}\` may also \`${first}\` \`${other.name}\`: \`${other.key.address}\` can be the same subject as \`${channel.key.address}\`.`,
        fix: "Give each a subject of its own, or grant both.",
      });
    }
  }
}

/** What the same permission would serve for on another channel. */
function alike(verb: Verb, { kind }: Channel): readonly Verb[] {
  if (sending.has(verb)) return kind === "channel" ? ["publish"] : ["request"];
  return kind === "channel" ? ["subscribe"] : ["respond"];
}
