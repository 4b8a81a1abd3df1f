import type { DocumentNode } from "../document/node.js";
import type { Message } from "../model/sdk.js";
import { inherited, type SpecMessage } from "../model/specification.js";
import { both, type Finding, nobody, publishers, type Side, subscribers } from "./change.js";
import { fingerprint } from "./schema-view.js";
import type { SchemaComparison } from "./schemas.js";

/** A message in one version of the document. */
export interface VersionedMessage {
  readonly model: Message;
  /** Undefined if the document does not describe it. */
  readonly spec: SpecMessage | undefined;
}

/** Messages of one direction of a channel, in one version of the document. */
export interface VersionedMessages {
  readonly messages: readonly VersionedMessage[];
  /** `true` if a header with their names distinguishes them. */
  readonly byName: boolean;
  /** `true` if some payloads fit several of them. */
  readonly isOpen: boolean;
  /** The channel, or the description of the reply. */
  readonly node: DocumentNode;
}

/** Compares the messages of one direction of a channel. */
export function compareMessages(
  old: VersionedMessages,
  now: VersionedMessages,
  schemas: SchemaComparison,
): readonly Finding[] {
  const found: Finding[] = [];
  const byName = old.byName || now.byName;
  const pairs = matchMessages(old.messages, now.messages);
  for (const [before, after] of pairs) {
    const [name, newName] = [before.model.headerNames[0], after.model.headerNames[0]];
    if (name !== newName) {
      const message = `was called \`${name}\``;
      found.push(
        byName
          ? finding("message-renamed", both, after, message, "it is told from others by its name")
          : finding("message-renamed", nobody, after, message, "what is sent stays the same"),
      );
    }
    found.push(...compareMessage(before, after, old.node, now.node, schemas));
  }
  const kept = new Set(pairs.flat());
  for (const before of old.messages) {
    if (kept.has(before)) continue;
    const reason = "publishers may still send it";
    found.push(finding("message-removed", publishers, before, "removed", reason, "old"));
  }
  for (const after of now.messages) {
    if (kept.has(after)) continue;
    found.push(finding("message-added", subscribers, after, "added", "subscribers do not know it"));
  }
  if (old.messages.length > 1 && now.messages.length > 1 && !old.isOpen && now.isOpen) {
    const first = now.messages[0];
    const text = "a payload can now fit several of them";
    const reason =
      "publishers do not set the header `Alternats-Message`, which now distinguishes them";
    if (first !== undefined) {
      found.push(finding("messages-indistinguishable", publishers, first, text, reason));
    }
  }
  return found;

  function finding(
    rule: string,
    breaks: readonly Side[],
    { model, spec }: VersionedMessage,
    message: string,
    reason: string,
    version: "old" | "new" = "new",
  ): Finding {
    const node = spec?.node ?? (version === "old" ? old : now).node;
    return { rule, level: "message", breaks, what: model.name, message, reason, version, node };
  }
}

/**
 * Matches messages that are versions of each other: by name, by content, or because they are the
 * only ones.
 */
function matchMessages(
  olds: readonly VersionedMessage[],
  news: readonly VersionedMessage[],
): readonly (readonly [VersionedMessage, VersionedMessage])[] {
  const matched = new Map<VersionedMessage, VersionedMessage>();
  const free = new Set(news);
  const marks: readonly ((message: VersionedMessage) => string | undefined)[] = [
    ({ model }) => model.name,
    ({ spec }) =>
      spec === undefined ? undefined : inherited(spec.node, "payload").map(fingerprint).join(),
  ];
  for (const mark of marks) {
    for (const old of olds) {
      const own = mark(old);
      const same = [...free].find((each) => own !== undefined && mark(each) === own);
      if (matched.has(old) || same === undefined) continue;
      matched.set(old, same);
      free.delete(same);
    }
  }
  const [lone, another] = olds.filter((old) => !matched.has(old));
  const [left, ...others] = free;
  if (lone !== undefined && another === undefined && left !== undefined && others.length === 0)
    matched.set(lone, left);
  return [...matched];
}

function compareMessage(
  old: VersionedMessage,
  now: VersionedMessage,
  oldNode: DocumentNode,
  newNode: DocumentNode,
  schemas: SchemaComparison,
): readonly Finding[] {
  const { name, codec } = now.model;
  const place = { old: old.spec?.node ?? oldNode, new: now.spec?.node ?? newNode };
  const of = (message: VersionedMessage, key: string): readonly DocumentNode[] =>
    message.spec === undefined ? [] : inherited(message.spec.node, key);
  // The first trait with a payload defines the payload, while headers are the combination of all
  // traits.
  const [payload, newPayload] = [old, now].map((each) =>
    of(each, "payload").slice(0, 1).map(inside),
  );
  const headers = schemas.compare(
    of(old, "headers"),
    of(now, "headers"),
    `${name} headers`,
    place,
    true,
  );
  const changed = (rule: string, message: string, reason: string): Finding => {
    const node = place.new;
    return {
      rule,
      level: "message",
      breaks: both,
      what: name,
      message,
      reason,
      version: "new",
      node,
    };
  };
  if (old.model.codec !== codec) {
    const message = `was ${codecs[old.model.codec]}, is ${codecs[codec]}`;
    const reason = "neither side can read the messages of the other";
    return [changed("encoding-changed", message, reason), ...headers];
  }
  if (codec === "none") return headers;
  if (codec === "bytes") {
    const [before, after] = [payload, newPayload].map((nodes = []) =>
      nodes.map(fingerprint).join(),
    );
    const reason =
      "the generator does not compare schemas of bytes, so the change counts as breaking for both sides";
    return before === after
      ? headers
      : [changed("foreign-schema-changed", "its schema is different", reason), ...headers];
  }
  return [...schemas.compare(payload ?? [], newPayload ?? [], name, place), ...headers];
}

const codecs = {
  json: "JSON",
  msgpack: "MessagePack",
  text: "text",
  bytes: "bytes",
  none: "without a payload",
} as const;

/** The schema of a payload that names its schema language. */
function inside(payload: DocumentNode): DocumentNode {
  return payload.has("schemaFormat") ? (payload.get("schema") ?? payload) : payload;
}
