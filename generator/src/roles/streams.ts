import type { Channel, Parameter, Sdk, Stream } from "../model/sdk.js";
import { covers, overlap } from "../model/streams.js";
import { camelCase, words } from "../model/words.js";
import type { PermissionRow } from "./permission-row.js";
import type { Grant, User } from "./role.js";
import { patternsOf } from "./subject-patterns.js";

/** What a document has of channels and streams. */
export type Streamed = Pick<Sdk, "streams" | "channels">;

/** A stream with the subjects that it keeps, as far as a user has to do with it. */
interface KeptStream {
  /** `*` where its name holds a parameter that the user is not bound to. */
  readonly name: string;
  readonly subjects: readonly string[];
}

/** Nothing of a row but what is given. */
type Row = (
  purpose: string,
  publish: readonly string[],
  subscribe: readonly string[],
) => PermissionRow;

/**
 * What a user needs of the streams that keep its channels. Commands of JetStream are requests. Who may not listen
 * to all that a stream keeps creates consumers whose filter stands in the subject of the request, where a permission
 * holds it. Who knows a consumer can pull what it was made for: so such a user pulls from one called as it is.
 *
 * @param managed The streams that it may create and change.
 * @param inbox Where its answers come.
 * @see https://docs.nats.io/reference/reference-protocols/nats_api_reference
 */
export function streamRows(
  grants: readonly Grant[],
  user: User,
  { streams, channels }: Streamed,
  managed: readonly Stream[],
  inbox: string,
): readonly PermissionRow[] {
  const row: Row = (purpose, publish, subscribe) => ({ purpose, publish, subscribe, responses: 0 });
  const kept = (channel: Channel): boolean => streams.some((stream) => keeps(stream, channel));
  const appended = grants.filter(({ verb, channel }) => verb === "publish" && kept(channel));
  const rows = appended.map(({ channel }) => row(`append ${channel.name}`, [], [inbox]));
  for (const stream of streams) {
    for (const each of keptStreams(stream, user, channels)) {
      const { name } = each;
      if (managed.includes(stream)) {
        const commands = ["INFO", "CREATE", "UPDATE"].map(
          (verb) => `$JS.API.STREAM.${verb}.${name}`,
        );
        rows.push(row(`manage stream ${name}`, commands, [inbox]));
      }
      const patterns = listened(grants, user, stream);
      if (patterns.length === 0) continue;
      if (mayReadAll(grants, user, each))
        rows.push(row(`read stream ${name}`, reading(name), [inbox]));
      else {
        const parts = partsOf(patterns, each);
        const held = patterns.filter((pattern) => parts.some((part) => covers(part, pattern)));
        if (held.length === 0) continue;
        const latest = held.map((pattern) => `$JS.API.DIRECT.GET.${name}.${pattern}`);
        rows.push(
          row(`latest of stream ${name}`, latest, [inbox]),
          row(`replay of stream ${name}`, replaying(name, parts), [inbox]),
          row(`consumer ${user.name} of stream ${name}`, pulling(name, user), []),
        );
      }
    }
  }
  return rows;
}

/** The names of streams of which a user may listen to some, and not to all. */
export function undividedStreams(
  grants: readonly Grant[],
  user: User,
  { streams, channels }: Streamed,
): readonly string[] {
  return streams
    .filter((stream) => listened(grants, user, stream).length > 0)
    .flatMap((stream) => keptStreams(stream, user, channels))
    .filter((each) => !mayReadAll(grants, user, each))
    .map(({ name }) => name);
}

function reading(name: string): readonly string[] {
  const consumer = ["CREATE", "INFO", "MSG.NEXT", "DELETE"].map((verb) => {
    return `$JS.API.CONSUMER.${verb}.${name}.${verb === "CREATE" ? ">" : "*"}`;
  });
  return [
    ...consumer,
    `$JS.API.STREAM.INFO.${name}`,
    `$JS.API.STREAM.MSG.GET.${name}`,
    `$JS.API.DIRECT.GET.${name}`,
    `$JS.API.DIRECT.GET.${name}.>`,
    `$JS.ACK.${name}.>`,
    `$JS.FC.${name}.>`,
  ];
}

function replaying(name: string, parts: readonly string[]): readonly string[] {
  return [
    ...parts.map((part) => `$JS.API.CONSUMER.CREATE.${name}.*.${part}`),
    `$JS.API.CONSUMER.INFO.${name}.*`,
    `$JS.FC.${name}.>`,
  ];
}

function pulling(name: string, user: User): readonly string[] {
  return [`$JS.API.CONSUMER.MSG.NEXT.${name}.${user.name}`, `$JS.ACK.${name}.${user.name}.>`];
}

/**
 * The parts of a stream, as few and as wide as there are, that hold nothing but what somebody may listen to: several
 * channels are then read in one go. Where a permission allows `*`, the server takes `>` as well: what ends in `*`
 * is left out where somebody else's subjects begin like it.
 */
function partsOf(patterns: readonly string[], { subjects }: KeptStream): readonly string[] {
  const isOwn = (start: readonly string[]): boolean => {
    const within = subjects.filter((subject) => overlap([...start, ">"].join("."), subject));
    const all = within.map((subject) => narrowed(subject, start));
    const own = (subject: string): boolean => patterns.some((each) => covers(each, subject));
    return all.length > 0 && all.every(own);
  };
  const parts = patterns.flatMap((pattern) => {
    const tokens = pattern.split(".");
    const length = tokens.findIndex((_, i) => i > 0 && isOwn(tokens.slice(0, i)));
    if (length > 0) return [[...tokens.slice(0, length), ">"].join(".")];
    return pattern.endsWith("*") ? [] : [pattern];
  });
  return [...new Set(parts)];
}

/** A subject with tokens in the place of its wildcards, from the first one on. */
function narrowed(subject: string, start: readonly string[]): string {
  return subject
    .split(".")
    .map((token, i) => (token === "*" ? (start[i] ?? token) : token))
    .join(".");
}

function keeps({ channels }: Stream, { name }: Channel): boolean {
  return channels.some((each) => each.name === name);
}

/** The subjects of a stream that somebody may listen to. */
function listened(grants: readonly Grant[], user: User, stream: Stream): readonly string[] {
  return grants
    .filter(({ verb, channel }) => verb === "subscribe" && keeps(stream, channel))
    .flatMap(({ channel }) => patternsOf(channel.key, user.bound));
}

function mayReadAll(grants: readonly Grant[], user: User, { subjects }: KeptStream): boolean {
  const patterns = grants
    .filter(({ verb }) => verb === "subscribe")
    .flatMap(({ channel }) => patternsOf(channel.key, user.bound));
  return subjects.every((subject) => patterns.some((pattern) => covers(pattern, subject)));
}

/**
 * The streams that a user's bindings leave, each with what can be in it: what the document's channels publish of
 * its subjects. Nobody has a permission for anything else.
 */
function keptStreams(
  stream: Stream,
  { bound }: User,
  channels: readonly Channel[],
): readonly KeptStream[] {
  const parameters: readonly Parameter[] = stream.channels[0]?.key.parameters ?? [];
  const keys = parameters
    .filter(({ name }) => stream.parameters.includes(name))
    .flatMap((parameter) => parameter.keys);
  const ofName = Object.fromEntries(Object.entries(bound).filter(([key]) => keys.includes(key)));
  const published = channels
    .filter(({ key, sends }) => sends && !key.isGiven)
    .flatMap(({ key }) => patternsOf(key, ofName));
  const found = new Map<string, string[]>();
  for (const subject of stream.settings.subjects) {
    // The name is one token: together with the subject, both get the same values.
    const both = inTypeScript(`${stream.stream}.${subject}`);
    for (const pattern of patternsOf({ subject: both, parameters }, ofName)) {
      const [name = "", ...tokens] = pattern.split(".");
      const subjects = published.filter((each) => overlap(each, tokens.join(".")));
      found.set(name, [...(found.get(name) ?? []), ...subjects]);
    }
  }
  return [...found].map(([name, subjects]) => ({ name, subjects }));
}

/** Parameters by the names that they have in TypeScript. */
function inTypeScript(template: string): string {
  return template.replace(/\{([^{}]*)\}/g, (_, name) => `{${camelCase(words(name))}}`);
}
