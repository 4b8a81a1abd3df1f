import type { Sdk } from "../model/sdk.js";
import { overlap } from "../model/streams.js";
import type { ReportRole } from "./report-role.js";
import type { Role } from "./role.js";
import { LIVE } from "./strangers.js";
import { patternsOf } from "./subject-patterns.js";

/** First tokens of the subjects that servers and this project's configuration use. */
const reserved = /^(?:\$|_INBOX|_R_\.|_R_$|_live\.|_live$)/;

/**
 * Subjects of servers and of inboxes, one of each form. A pattern of wildcards must not match them:
 * the permission would include commands of JetStream, or replies. `*` is a name that anybody may
 * choose, `1` any number, and `token` random. A fixed word of a pattern is never random.
 */
const forms = [
  "_INBOX.token",
  "_INBOX_user.token",
  "_INBOX.token.1",
  "_R_.token.token",
  "$JS.API.INFO",
  ...["NAMES", "LIST"].map((verb) => `$JS.API.STREAM.${verb}`),
  ...["DELETE", "PURGE", "CREATE", "UPDATE", "INFO", "SNAPSHOT", "RESTORE"].map(
    (verb) => `$JS.API.STREAM.${verb}.*`,
  ),
  "$JS.API.STREAM.MSG.*.*",
  "$JS.API.STREAM.PEER.REMOVE.*",
  "$JS.API.STREAM.LEADER.STEPDOWN.*",
  "$JS.API.DIRECT.GET.*",
  "$JS.API.DIRECT.GET.*.>",
  ...["CREATE", "NAMES", "LIST"].map((verb) => `$JS.API.CONSUMER.${verb}.*`),
  ...["CREATE", "DELETE", "INFO", "PAUSE", "RESET", "UNPIN"].map(
    (verb) => `$JS.API.CONSUMER.${verb}.*.*`,
  ),
  "$JS.API.CONSUMER.CREATE.*.*.>",
  "$JS.API.CONSUMER.DURABLE.CREATE.*.*",
  "$JS.API.CONSUMER.LEADER.STEPDOWN.*.*",
  "$JS.API.CONSUMER.MSG.NEXT.*.*",
  "$JS.ACK.*.*.1.1.1.1.1",
  "$JS.ACK.*.token.*.*.1.1.1.1.1",
  "$JS.ACK.*.token.*.*.1.1.1.1.1.token",
  "$JS.FC.STREAM.consumer.token",
  "$KV.bucket.key",
  "$SRV.PING",
  "$SYS.REQ.USER.INFO",
  "$SYS.REQ.ACCOUNT.PING.CONNZ",
  "$SYS.REQ.ACCOUNT.PING.STATZ",
];

/**
 * Returns a reserved subject that a pattern matches; undefined if there is none.
 *
 * @param live Further reserved subjects: those of stored messages.
 */
export function reservedIn(pattern: string, live: readonly string[] = []): string | undefined {
  if (reserved.test(pattern)) return pattern;
  const form = forms.find((each) => overlap(pattern, withNumbersOf(pattern, each)));
  return form ?? live.find((each) => overlap(pattern, each));
}

/** A form in which a number is the number of a pattern at the same place. */
function withNumbersOf(pattern: string, form: string): string {
  const tokens = pattern.split(".");
  const isNumber = (i: number): boolean => /^\d+$/.test(tokens[i] ?? "");
  return form
    .split(".")
    .map((token, i) => (token === "1" && isNumber(i) ? tokens[i] : token))
    .join(".");
}

/**
 * Subjects on which streams publish again what they have stored. A user that is not trusted must
 * not match them: it would send messages that nobody has stored, or hear those of others.
 *
 * @returns None for a trusted role.
 */
export function liveSubjects({ trust }: Role, { streams }: Sdk): readonly string[] {
  if (trust.isTrusted) return [];
  const channels = streams.flatMap((stream) => stream.channels);
  const stored = channels.flatMap(({ key }) => patternsOf(key, {}));
  return [...new Set(stored)].map((subject) => `${LIVE}${subject}`);
}

/**
 * Reports patterns that match reserved subjects.
 *
 * @param path Place of the role or import, and its verb.
 * @param address The address in the document.
 * @param patterns Its subjects.
 * @param live Subjects of `liveSubjects`.
 */
export function checkReserved(
  path: readonly string[],
  address: string,
  patterns: readonly string[],
  report: ReportRole,
  live: readonly string[] = [],
): void {
  for (const pattern of patterns) {
    const subject = reservedIn(pattern, live);
    if (subject === undefined) continue;
    report.error(path, {
      code: "reserved-subject",
      message: `\`${address}\` ${subject === pattern ? "is a subject of the server" : `allows \`${pattern}\`, which includes subjects of the server such as \`${subject}\``}.`,
      fix: "Start the address with a fixed word, or give its first parameter allowed values.",
    });
    return;
  }
}
