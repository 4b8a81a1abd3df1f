import type { Sdk } from "../model/sdk.js";
import { covers } from "../model/streams.js";
import type { Import } from "./import.js";
import { inboxOf } from "./inboxes.js";
import type { PermissionRow } from "./permission-row.js";
import { defaultAccount, type Grant, type User } from "./role.js";
import { keeps, keptStreams, mayReadAll } from "./streams.js";
import { patternsOf } from "./subject-patterns.js";

/**
 * JetStream domain under which an account finds the streams of the platform. Every account has
 * `$JS.API.>` of the servers as well, whose answer would arrive first.
 */
export const DOMAIN = defaultAccount;

/** A stream of the platform that a stranger reads. */
export interface StrangerStream {
  /** Its name in the document, with the values of parameters. */
  readonly stream: string;
  /** Subjects of it that the stranger may read. */
  readonly subjects: readonly string[];
  /** Name of the stream with these subjects only; undefined if it may read the whole stream. */
  readonly part: string | undefined;
  /** Consumers that the platform creates for it. */
  readonly consumers: readonly StrangerConsumer[];
  readonly imports: readonly Import[];
  readonly rows: readonly PermissionRow[];
}

/** A consumer that the platform creates for a stranger. */
export interface StrangerConsumer {
  readonly name: string;
  readonly subjects: readonly string[];
}

/**
 * Streams that a stranger reads. It replays by direct reads, which see everything in a stream and
 * leave nothing behind; so the stream must hold only what it may read. It consumes with a consumer
 * of the platform, unless it only listens: who knows the name of a consumer can take its messages,
 * and the credentials of listeners may be public. It must never create a consumer: nobody checks to
 * which subject a consumer delivers.
 */
export function strangerStreams(
  grants: readonly Grant[],
  user: User,
  document: Sdk,
): readonly StrangerStream[] {
  const listened = grants.filter(({ verb }) => verb === "subscribe");
  const onlyListens = listened.length === grants.length;
  const found: StrangerStream[] = [];
  for (const stream of document.streams) {
    const own = listened.filter(({ channel }) => keeps(stream, channel));
    if (own.length === 0) continue;
    for (const each of keptStreams(stream, user, document.channels)) {
      // A permission for a name with a wildcard would be one for every stream.
      if (each.name === "*") continue;
      const ofStream = (subjects: readonly string[]): readonly string[] =>
        subjects.filter((subject) => each.subjects.some((held) => covers(held, subject)));
      const subjects = ofStream(own.flatMap(({ channel }) => patternsOf(channel.key, user.bound)));
      if (subjects.length === 0) continue;
      const isLog = (stream.settings.retention ?? "limits") === "limits";
      const isWhole = mayReadAll(grants, user, each) && (stream.settings.allowDirect ?? true);
      const part = isWhole || !isLog ? undefined : `${each.name}_${user.account}`;
      const consumers = onlyListens
        ? []
        : own.map(({ channel }) => ({
            name: `${user.account}_${channel.name}`,
            subjects: ofStream(patternsOf(channel.key, user.bound)),
          }));
      found.push({
        stream: each.name,
        subjects,
        part,
        consumers,
        ...granted(each.name, isLog ? (part ?? each.name) : undefined, consumers, user),
      });
    }
  }
  return found;
}

/** @param source The stream for direct reads; undefined if it cannot be replayed. */
function granted(
  stream: string,
  source: string | undefined,
  consumers: readonly StrangerConsumer[],
  user: User,
): Pick<StrangerStream, "imports" | "rows"> {
  const inbox = inboxOf(user);
  const imports: Import[] = [];
  const rows: PermissionRow[] = [];
  /** Imports commands and returns their local subjects. */
  const commands = (of: string, name: string, exported: string, many: boolean): string => {
    const local = `$JS.${DOMAIN}.API.${of}.${stream}${name}`;
    imports.push({
      from: defaultAccount,
      kind: "service",
      subject: `$JS.API.${of}.${of.startsWith("CONSUMER") ? stream : source}${name}`,
      exported: `$JS.API.${exported}`,
      local,
      manyReplies: many,
    });
    return local;
  };
  if (source !== undefined) {
    rows.push({
      purpose: `replay of stream ${stream}`,
      publish: [
        commands("DIRECT.GET", "", "DIRECT.GET.*", true),
        commands("DIRECT.GET", ".>", "DIRECT.GET.*.>", true),
        commands("STREAM.INFO", "", "STREAM.INFO.*", false),
      ],
      subscribe: [inbox],
    });
  }
  for (const { name } of consumers) {
    const acknowledged = `$JS.ACK.${stream}.${name}.>`;
    imports.push({
      from: defaultAccount,
      kind: "service",
      subject: acknowledged,
      exported: "$JS.ACK.>",
      manyReplies: false,
    });
    rows.push({
      purpose: `consumer ${name} of stream ${stream}`,
      publish: [
        commands("CONSUMER.MSG.NEXT", `.${name}`, "CONSUMER.MSG.NEXT.*.*", true),
        commands("CONSUMER.INFO", `.${name}`, "CONSUMER.INFO.*.*", false),
        commands("CONSUMER.RESET", `.${name}`, "CONSUMER.RESET.*.*", false),
        acknowledged,
      ],
      subscribe: [inbox],
    });
  }
  return { imports, rows };
}
