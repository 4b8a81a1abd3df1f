import type { DocumentNode } from "../document/node.js";
import type { Model } from "../model/build-sdk.js";
import type { ChannelSource } from "../model/channels.js";
import { identifiesAll } from "../model/message-discriminator.js";
import type { Channel, MessageSet, SubjectKey } from "../model/sdk.js";
import type { SpecMessage } from "../model/specification.js";
import { camelCase, words } from "../model/words.js";
import { both, type Finding, nobody, publishers, type Side, subscribers } from "./change.js";
import { compareMessages, type VersionedMessages } from "./messages.js";
import { SchemaComparison } from "./schemas.js";
import { compareSubjects, sameSubject } from "./subjects.js";

/** A finding about a channel. */
export interface ChannelFinding extends Finding {
  readonly address: string;
}

/** A channel in one version of the document. */
interface VersionedChannel {
  readonly key: SubjectKey;
  /** Its key in the document. */
  readonly name: string;
  readonly node: DocumentNode;
  readonly operations: readonly VersionedOperation[];
}

interface VersionedOperation {
  readonly channel: Channel;
  readonly source: ChannelSource;
}

/** Compares all channels of two versions of a document. */
export function compareChannels(old: Model, now: Model): readonly ChannelFinding[] {
  const schemas = new SchemaComparison();
  const olds = channelsOf(old);
  const news = channelsOf(now);
  const pairs = matchChannels(olds, news);
  const kept = new Set(pairs.flat());
  return [
    ...pairs.flatMap(([before, after]) =>
      compareChannel(before, after, schemas).map((found) => ({
        ...found,
        address: shown(after),
      })),
    ),
    ...olds.filter((channel) => !kept.has(channel)).map(removed),
    ...news.filter((channel) => !kept.has(channel)).map(added),
  ];
}

function channelsOf({ sdk, sources }: Model): readonly VersionedChannel[] {
  return sdk.keys.flatMap((key) => {
    const operations = sdk.channels.flatMap((channel): VersionedOperation[] => {
      const source = sources.get(channel);
      return channel.key === key && source !== undefined ? [{ channel, source }] : [];
    });
    const [first] = operations;
    if (first === undefined) return [];
    const { channel } = first.source;
    return [{ key, name: channel.key, node: channel.node, operations }];
  });
}

/**
 * Matches channels that are versions of each other: by subject, then by key, then by an operation.
 */
function matchChannels(
  olds: readonly VersionedChannel[],
  news: readonly VersionedChannel[],
): readonly (readonly [VersionedChannel, VersionedChannel])[] {
  const matched = new Map<VersionedChannel, VersionedChannel>();
  const free = new Set(news);
  type Match = (old: VersionedChannel, now: VersionedChannel) => boolean;
  const matches: readonly Match[] = [
    (old, now) => sameSubject(old.key, now.key) && old.name === now.name,
    (old, now) => sameSubject(old.key, now.key) && !old.key.isGiven,
    (old, now) => old.name === now.name,
    (old, now) => basesOf(old).some((base) => basesOf(now).includes(base)),
  ];
  for (const match of matches) {
    for (const old of olds) {
      if (matched.has(old)) continue;
      const same = [...free].find((now) => match(old, now));
      if (same === undefined) continue;
      matched.set(old, same);
      free.delete(same);
    }
  }
  return [...matched];
}

function basesOf({ operations }: VersionedChannel): readonly string[] {
  return operations.map(({ channel }) => channel.base);
}

function shown({ key, name }: VersionedChannel): string {
  return key.isGiven ? name : key.address;
}

function removed(channel: VersionedChannel): ChannelFinding {
  return {
    rule: "channel-removed",
    level: "channel",
    breaks: both,
    what: shown(channel),
    message: "removed",
    reason: "no program receives messages published there, and subscribers receive none",
    version: "old",
    node: channel.node,
    address: shown(channel),
  };
}

function added(channel: VersionedChannel): ChannelFinding {
  return {
    rule: "channel-added",
    level: "channel",
    breaks: nobody,
    what: shown(channel),
    message: "added",
    reason: "no program uses it yet",
    version: "new",
    node: channel.node,
    address: shown(channel),
  };
}

function compareChannel(
  old: VersionedChannel,
  now: VersionedChannel,
  schemas: SchemaComparison,
): readonly Finding[] {
  const parameters = new Map(
    now.operations[0]?.source.channel.parameters.map((node) => [camelCase(words(node.key)), node]),
  );
  return [
    ...compareSubjects(old.key, now.key, now.node, parameters),
    ...compareActions(old, now),
    ...compareOperations(old, now, schemas),
  ];
}

/** Compares the actions of the application. They determine which side a change breaks. */
function compareActions(old: VersionedChannel, now: VersionedChannel): readonly Finding[] {
  const before = actionsOf(old);
  const after = actionsOf(now);
  // A document without operations does not define the actions.
  if (before.size === 0 || after.size === 0) return [];
  const found: Finding[] = [];
  const report = (rule: string, breaks: readonly Side[], message: string, reason: string): void => {
    const what = shown(now);
    found.push({
      rule,
      level: "channel",
      breaks,
      what,
      message,
      reason,
      version: "new",
      node: now.node,
    });
  };
  if (before.has("send") && !after.has("send")) {
    const reason = "subscribers wait for messages that no program sends";
    report("sending-dropped", subscribers, "the application no longer sends here", reason);
  }
  if (before.has("receive") && !after.has("receive")) {
    const reason = "the messages of publishers are no longer received";
    report("receiving-dropped", publishers, "the application no longer receives here", reason);
  }
  return found;
}

function actionsOf({ operations }: VersionedChannel): ReadonlySet<string> {
  return new Set(operations.flatMap(({ source }) => source.operations.map(({ action }) => action)));
}

function compareOperations(
  old: VersionedChannel,
  now: VersionedChannel,
  schemas: SchemaComparison,
): readonly Finding[] {
  const found: Finding[] = [];
  const plain = (each: VersionedOperation): boolean => each.channel.kind === "channel";
  const [oldPlain, newPlain] = [old.operations.filter(plain), now.operations.filter(plain)];
  const [oldAsks, newAsks] = [old, now].map((version) =>
    version.operations.filter((each) => !plain(each)),
  );
  if (oldPlain.length > 0 && newPlain.length > 0) {
    found.push(
      ...compareMessages(together(oldPlain, old.node), together(newPlain, now.node), schemas),
    );
  }
  const report = (
    rule: string,
    breaks: readonly Side[],
    what: string,
    message: string,
    reason: string,
    version: "old" | "new" = "new",
    node = (version === "old" ? old : now).node,
  ): void => {
    found.push({ rule, level: "channel", breaks, what, message, reason, version, node });
  };
  const queues = (before: VersionedOperation, after: VersionedOperation): void => {
    const [a, b] = [before.channel.queue, after.channel.queue];
    if (a === b) return;
    const message = `its queue group was ${queue(a)}, is ${queue(b)}`;
    const reason =
      b === undefined
        ? "every subscriber gets each message; before, one of the group did"
        : a === undefined
          ? "one of the group gets each message; before, every subscriber did"
          : "the old and the new group both get each message, so it is handled twice";
    report("queue-changed", subscribers, after.channel.base, message, reason, "new", nodeOf(after));
  };
  for (const [before, after] of matchOperations(oldPlain, newPlain)) queues(before, after);
  const asked = matchOperations(oldAsks ?? [], newAsks ?? []);
  for (const [before, after] of asked) {
    queues(before, after);
    found.push(
      ...compareMessages(together([before], old.node), together([after], now.node), schemas),
    );
    found.push(...compareMessages(answers(before), answers(after), schemas));
    const [one, many] = [before.channel.manyReplies, after.channel.manyReplies];
    if (one !== many) {
      const message = many ? "now has several replies" : "now has one reply";
      const reason = "requesters wait for another number of replies";
      report("replies-changed", both, after.channel.base, message, reason, "new", nodeOf(after));
    }
    if (!isSentByName(before.channel) && isSentByName(after.channel)) {
      const message = "only their name distinguishes its requests from others of the channel";
      const reason = "publishers do not set the header `Alternats-Message`";
      report("requests-indistinguishable", publishers, after.channel.base, message, reason);
    }
  }
  found.push(...compareKinds(old, now, asked));
  found.push(...renamed(old, now));
  return found;
}

/**
 * Finds operations that got a reply, lost theirs, or were added or removed next to others of their
 * channel.
 */
function compareKinds(
  old: VersionedChannel,
  now: VersionedChannel,
  asked: readonly (readonly [VersionedOperation, VersionedOperation])[],
): readonly Finding[] {
  const kept = new Set(asked.flat());
  const left = (version: VersionedChannel): readonly VersionedOperation[] =>
    version.operations.filter((each) => each.channel.kind === "procedure" && !kept.has(each));
  const has = (version: VersionedChannel): boolean =>
    version.operations.some(({ channel }) => channel.kind === "channel");
  const found: Finding[] = [];
  for (const each of left(old)) {
    const turned = has(now) && !has(old);
    found.push({
      rule: turned ? "reply-removed" : "operation-removed",
      level: "channel",
      breaks: both,
      what: each.channel.base,
      message: turned ? "no longer has a reply" : "removed",
      reason: turned
        ? "requesters wait for a reply that no responder sends"
        : "requesters get no reply",
      version: "old",
      node: nodeOf(each),
    });
  }
  for (const each of left(now)) {
    const turned = has(old) && !has(now);
    found.push({
      rule: turned ? "reply-added" : "operation-added",
      level: "channel",
      breaks: turned ? both : nobody,
      what: each.channel.base,
      message: turned ? "now has a reply" : "added",
      reason: turned ? "subscribers do not reply, so requests fail" : "no program uses it yet",
      version: "new",
      node: nodeOf(each),
    });
  }
  return found;
}

/**
 * Finds renamed functions: the messages on the wire stay the same, and programs change their source
 * code.
 */
function renamed(old: VersionedChannel, now: VersionedChannel): readonly Finding[] {
  const before = basesOf(old).filter((base) => !basesOf(now).includes(base));
  const after = now.operations.filter(({ channel }) => !basesOf(old).includes(channel.base));
  if (before.length === 0 || before.length !== after.length) return [];
  return after.map((each, i) => ({
    rule: "operation-renamed",
    level: "channel",
    breaks: nobody,
    what: each.channel.base,
    message: `was called \`${before[i]}\``,
    reason: "the messages on the wire stay the same; programs call functions with other names",
    version: "new",
    node: nodeOf(each),
  }));
}

/**
 * Matches operations that are versions of each other: by name, or because they are the only ones.
 */
function matchOperations(
  olds: readonly VersionedOperation[],
  news: readonly VersionedOperation[],
): readonly (readonly [VersionedOperation, VersionedOperation])[] {
  const [old] = olds;
  const [now] = news;
  if (old !== undefined && now !== undefined && olds.length === 1 && news.length === 1)
    return [[old, now]];
  return olds.flatMap((before): [VersionedOperation, VersionedOperation][] => {
    const same = news.find(({ channel }) => channel.base === before.channel.base);
    return same === undefined ? [] : [[before, same]];
  });
}

/**
 * All messages of the operations of one subject, which share one stream of messages on the wire.
 */
function together(
  operations: readonly VersionedOperation[],
  node: DocumentNode,
): VersionedMessages {
  const messages = new Map(
    operations
      .flatMap(({ channel, source }) => versioned(channel.message, source.messages))
      .map((message) => [message.spec?.node.target.id ?? "", message]),
  );
  return {
    messages: [...messages.values()],
    byName: operations.some(({ channel }) => isSentByName(channel)),
    isOpen: operations.some(({ channel }) => isOpen(channel)),
    node,
  };
}

/** Checks if the header with a message's name distinguishes it from others of its subject. */
function isSentByName({ message, subsetOf }: Channel): boolean {
  const { messages, discriminator } = subsetOf ?? message;
  return messages.length > 1 && !identifiesAll(discriminator);
}

/** Checks if some payloads fit several messages of the subject. */
function isOpen({ message, subsetOf }: Channel): boolean {
  return ((subsetOf ?? message).discriminator?.open.length ?? 0) > 0;
}

function answers({ channel: { reply }, source }: VersionedOperation): VersionedMessages {
  const specs =
    source.reply === undefined || source.reply.messages === "none" ? [] : source.reply.messages;
  const { messages = [], discriminator } = reply ?? {};
  return {
    messages: reply === undefined ? [] : versioned(reply, specs),
    byName: messages.length > 1 && !identifiesAll(discriminator),
    isOpen: (discriminator?.open.length ?? 0) > 0,
    node: source.reply?.node ?? source.channel.node,
  };
}

function versioned(
  message: MessageSet,
  specs: readonly (SpecMessage | undefined)[],
): VersionedMessages["messages"] {
  return message.messages.map((model, i) => ({ model, spec: specs[i] }));
}

function nodeOf({ source }: VersionedOperation): DocumentNode {
  return source.operations[0]?.node ?? source.channel.node;
}

function queue(name: string | undefined): string {
  return name === undefined ? "none" : `\`${name}\``;
}
