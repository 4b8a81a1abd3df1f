import type { Channel, Parameter, Sdk, Stream } from "../model/sdk.js";
import { covers, overlap } from "../model/streams.js";
import { camelCase, words } from "../model/words.js";
import type { PermissionRow } from "./permission-row.js";
import type { Grant, User } from "./role.js";
import { patternsOf } from "./subject-patterns.js";

/** Channels and streams of a document. */
export type Streamed = Pick<Sdk, "streams" | "channels">;

/** A stream with those of its subjects that a user may use. */
export interface KeptStream {
  /** `*` if its name contains a parameter without restriction. */
  readonly name: string;
  readonly subjects: readonly string[];
}

/** A row with only the given permissions. */
type Row = (
  purpose: string,
  publish: readonly string[],
  subscribe: readonly string[],
) => PermissionRow;

/**
 * Permissions of a user for the streams that store its channels. Commands of JetStream are
 * requests. A user without permission for all subjects of a stream creates consumers whose filter
 * is part of the request's subject, so that a permission can restrict it. Anyone who knows a
 * consumer can pull its messages; therefore such a user may pull only from a consumer with its own
 * name.
 *
 * @param managed Streams that the user may create and change.
 * @param inbox Subject of its replies.
 * @see https://docs.nats.io/reference/reference-protocols/nats_api_reference
 */
export function streamRows(
  grants: readonly Grant[],
  user: User,
  { streams, channels }: Streamed,
  managed: readonly Stream[],
  inbox: string,
): readonly PermissionRow[] {
  const row: Row = (purpose, publish, subscribe) => ({ purpose, publish, subscribe });
  const appended = grants.filter(
    ({ verb, channel }) => verb === "publish" && isStored({ streams }, channel),
  );
  const rows = appended.map(({ channel }) => row(`append ${channel.name}`, [], [inbox]));
  for (const stream of streams) {
    for (const each of keptStreams(stream, user, channels)) {
      const { name } = each;
      if (managed.includes(stream)) {
        const commands = ["INFO", "CREATE", "UPDATE", "DELETE", "PURGE", "MSG.DELETE"].map(
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

/** Names of streams of which a user may read a part but not everything. */
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
 * Parts of a stream that contain only subjects that a user may subscribe to, as few and as wide as
 * possible, so that one consumer reads several channels. If a permission allows `*`, the server
 * accepts `>` as well. Therefore a pattern that ends in `*` is excluded if longer subjects of
 * others start with it.
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

/** Replaces the wildcards of a subject by tokens, starting with the first. */
function narrowed(subject: string, start: readonly string[]): string {
  return subject
    .split(".")
    .map((token, i) => (token === "*" ? (start[i] ?? token) : token))
    .join(".");
}

/** @returns `true` if a stream of the document stores a channel. */
export function isStored({ streams }: Pick<Sdk, "streams">, channel: Channel): boolean {
  return streams.some((stream) => keeps(stream, channel));
}

/** @returns `true` if a stream stores a channel. */
export function keeps({ channels }: Stream, { name }: Channel): boolean {
  return channels.some((each) => each.name === name);
}

/** Subjects of a stream that a user may subscribe to. */
function listened(grants: readonly Grant[], user: User, stream: Stream): readonly string[] {
  return grants
    .filter(({ verb, channel }) => verb === "subscribe" && keeps(stream, channel))
    .flatMap(({ channel }) => patternsOf(channel.key, user.bound));
}

/** @returns `true` if a user may subscribe to everything that a stream stores. */
export function mayReadAll(
  grants: readonly Grant[],
  user: User,
  { subjects }: KeptStream,
): boolean {
  const patterns = grants
    .filter(({ verb }) => verb === "subscribe")
    .flatMap(({ channel }) => patternsOf(channel.key, user.bound));
  return subjects.every((subject) => patterns.some((pattern) => covers(pattern, subject)));
}

/**
 * Streams that a user may read, each with the subjects that the document's channels publish. No
 * user has permission to publish anything else.
 */
export function keptStreams(
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
    // The name is one token: combined with the subject, both get the same values.
    const both = inTypeScript(`${stream.stream}.${subject}`);
    for (const pattern of patternsOf({ subject: both, parameters }, ofName)) {
      const [name = "", ...tokens] = pattern.split(".");
      const subjects = published.filter((each) => overlap(each, tokens.join(".")));
      found.set(name, [...(found.get(name) ?? []), ...subjects]);
    }
  }
  return [...found].map(([name, subjects]) => ({ name, subjects }));
}

/** Replaces parameters by their names in TypeScript. */
export function inTypeScript(template: string): string {
  return template.replace(/\{([^{}]*)\}/g, (_, name) => `{${camelCase(words(name))}}`);
}
