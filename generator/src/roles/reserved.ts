import { covers } from "../model/streams.js";
import type { ReportRole } from "./report-role.js";

/** First tokens of the subjects that servers and this project's configuration use. */
const reserved = /^(?:\$|_INBOX|_R_\.|_R_$|_live\.|_live$)/;

/**
 * Subjects of servers and of inboxes, one of each form. A pattern of wildcards must not cover them:
 * the permission would include every command of JetStream, or every reply.
 */
const examples = [
  "_INBOX.token",
  "_INBOX_user.token",
  "_INBOX.token.1",
  "_R_.token.token",
  "$JS.API.INFO",
  "$JS.API.STREAM.NAMES",
  "$JS.API.STREAM.DELETE.STREAM",
  "$JS.API.CONSUMER.DELETE.STREAM.consumer",
  "$JS.API.CONSUMER.MSG.NEXT.STREAM.consumer",
  "$JS.ACK.STREAM.consumer.1.1.1.1.0",
  "$JS.ACK.domain.account.STREAM.consumer.1.1.1.1.0.token",
  "$KV.bucket.key",
  "$SRV.PING",
  "$SYS.REQ.USER.INFO",
  "$SYS.REQ.ACCOUNT.PING.CONNZ",
];

/** Returns a reserved subject that a pattern covers; undefined if there is none. */
export function reservedIn(pattern: string): string | undefined {
  if (reserved.test(pattern)) return pattern;
  return examples.find((example) => covers(pattern, example));
}

/**
 * Reports patterns that cover reserved subjects.
 *
 * @param path Place of the role or import, and its verb.
 * @param address The address in the document.
 * @param patterns Its subjects.
 */
export function checkReserved(
  path: readonly string[],
  address: string,
  patterns: readonly string[],
  report: ReportRole,
): void {
  for (const pattern of patterns) {
    const subject = reservedIn(pattern);
    if (subject === undefined) continue;
    report.error(path, {
      code: "reserved-subject",
      message: `\`${address}\` ${subject === pattern ? "is a subject of the server" : `allows \`${pattern}\`, which includes subjects of the server such as \`${subject}\``}.`,
      fix: "Start the address with a fixed word, or give its first parameter allowed values.",
    });
    return;
  }
}
