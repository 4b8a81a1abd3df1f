import type { DocumentNode } from "../document/node.js";
import type { Role } from "../generate-options.js";
import { docOf } from "./doc.js";
import { channelWords, type MergedOperation, mergeOperations } from "./merged-operations.js";
import {
  anyMessage,
  distinct,
  messageDiscriminator,
  messageSetOf,
  readMessageSet,
  withoutPayload,
} from "./message-set.js";
import type { MessageReader } from "./messages.js";
import type { Channel, Message, MessageSet, Responder, SharedMessages, SubjectKey } from "./sdk.js";
import type { SdkNames } from "./sdk-names.js";
import { findSharedMessages, type SharedMessage } from "./shared-messages.js";
import {
  inherited,
  type SpecChannel,
  type Specification,
  type SpecMessage,
  type SpecOperation,
  type SpecReply,
} from "./specification.js";
import { type Subject, type SubjectChannels, subjectsOf } from "./subjects.js";
import { camelCase, capitalized, words } from "./words.js";

/** An operation whose names are settled. */
interface NamedOperation extends MergedOperation {
  /** The name of its constant. */
  readonly name: string;
}

/** The messages of a subject, and those of each operation. */
interface Division {
  readonly shared: SharedMessages;
  readonly taken: ReadonlyMap<MergedOperation, readonly Message[]>;
  /** The same messages as the document describes them, in the same order. */
  readonly described: ReadonlyMap<MergedOperation, ChannelSource["messages"]>;
}

/** The parts of the document that a channel of the SDK was made of. */
export interface ChannelSource extends Pick<MergedOperation, "channel" | "operations" | "reply"> {
  /** In the order of the channel's messages; undefined for one that the document does not describe. */
  readonly messages: readonly (SpecMessage | undefined)[];
}

/** Decides what becomes of a document's channels and operations. */
export class ChannelReader {
  readonly keys: SubjectKey[] = [];
  readonly channels: Channel[] = [];
  readonly responders: Responder[] = [];
  readonly shared: SharedMessages[] = [];
  /** What each channel was made of. */
  readonly sources = new Map<Channel, ChannelSource>();
  readonly #specification: Specification;
  readonly #messages: MessageReader;
  readonly #names: SdkNames;
  readonly #role: Role | undefined;

  /**
   * @param names Where all names come from.
   * @param role Whose side the SDK takes; both when undefined.
   */
  constructor(
    specification: Specification,
    messages: MessageReader,
    names: SdkNames,
    role: Role | undefined,
  ) {
    this.#role = role;
    this.#specification = specification;
    this.#messages = messages;
    this.#names = names;
  }

  /** Reads all of them, in the document's order. */
  readAll(): void {
    const { channels, operations } = this.#specification;
    const replies = new Set(operations.map(({ reply }) => reply?.channel));
    const used = new Set(operations.map(({ channel }) => channel));
    const own = channels.filter((channel) => used.has(channel) || !replies.has(channel));
    for (const subject of subjectsOf(own)) this.#read(subject);
  }

  #read({ subject, channels }: SubjectChannels): void {
    const { operations } = this.#specification;
    const settled = mergeOperations(channels, operations).map((operation) => {
      return { ...operation, base: this.#settleBase(operation) };
    });
    const own = subjectWords(subject, channels);
    const key = this.#readKey(channels, subject, settled, own);
    const merged = settled.map((operation): NamedOperation => {
      return { ...operation, name: this.#names.channel(operation.base) };
    });
    const division = subject.isGiven ? undefined : this.#divide(subject, merged, own);
    const read = merged.map((operation) => this.#readOperation(key, subject, operation, division));
    const answered = read.filter(({ kind, listens }) => kind === "procedure" && listens);
    const isShared = answered.length >= 2 && !subject.isGiven;
    const answeredTogether = new Map(answered.map((each) => [each, { ...each, shared: isShared }]));
    for (const [i, each] of read.entries()) {
      const made = answeredTogether.get(each) ?? each;
      this.channels.push(made);
      const operation = merged[i];
      if (operation === undefined) continue;
      const messages = division?.described.get(operation) ?? operation.messages;
      this.sources.set(made, { ...operation, messages });
    }
    if (isShared) {
      this.#addResponder(channels, key, merged, [...answeredTogether.values()], own);
    }
  }

  /**
   * The first operation in the document keeps a name; a later one takes its channel's in front, or, where both have
   * the channel's, that of its message behind: of its only one, since several are not what the first is called.
   */
  #settleBase({ base, channel, operations, messages, reply }: MergedOperation): readonly string[] {
    const own = channelWords(channel);
    const isOwn = capitalized(own) === capitalized(base);
    const settled = this.#names.operation(reply === undefined ? "channel" : "procedure", [
      base,
      ...(isOwn ? [] : [[...own, ...base]]),
      ...(messages.length === 1 ? [[...base, ...words(messages[0]?.name ?? "")]] : []),
    ]);
    if (settled !== base) {
      const node = operations[0]?.node ?? channel.node;
      node.warn({
        code: "name-collision",
        message: `\`${capitalized(base)}\` is taken by another operation; this one becomes \`${capitalized(settled)}\`.`,
        fix: "Give one of them a name of its own with `x-alternats-name`.",
      });
    }
    return settled;
  }

  #readKey(
    channels: readonly SpecChannel[],
    { subject, parameters, address, isGiven }: Subject,
    merged: readonly MergedOperation[],
    own: readonly string[],
  ): SubjectKey {
    const bases = new Set(merged.map(({ base }) => capitalized(base)));
    const isPath = channels.length === 1 && channels[0]?.address === channels[0]?.key;
    const name = this.#names.key(bases.size === 1 || isPath ? (merged[0]?.base ?? own) : own);
    const key: SubjectKey = {
      name,
      subject,
      paramsType:
        parameters.length === 0 ? undefined : this.#names.type([...words(name), "Params"]),
      parameters,
      address,
      isGiven,
    };
    this.keys.push(key);
    return key;
  }

  /** Where not every operation takes all messages of a subject: reads all of them, with their discriminator. */
  #divide(
    { address }: Subject,
    merged: readonly NamedOperation[],
    own: readonly string[],
  ): Division | undefined {
    const found = findSharedMessages(merged);
    if (found === undefined) return undefined;
    const messages = distinct(found.map((each) => this.#readShared(each, merged, own)));
    const discriminator = messageDiscriminator(
      found.map(({ message }) => message?.node),
      messages,
    );
    const shared: SharedMessages = {
      name: this.#names.channel([...own, "messages"]),
      address,
      messages,
      discriminator,
    };
    this.shared.push(shared);
    const isTaken = (operation: MergedOperation, i: number): boolean =>
      found[i]?.takenBy.includes(operation) ?? false;
    const taken = new Map<MergedOperation, readonly Message[]>();
    const described = new Map<MergedOperation, ChannelSource["messages"]>();
    for (const operation of merged) {
      taken.set(
        operation,
        messages.filter((_, i) => isTaken(operation, i)),
      );
      described.set(
        operation,
        found.flatMap(({ message }, i) => (isTaken(operation, i) ? [message] : [])),
      );
    }
    return { shared, taken, described };
  }

  /** A request of one procedure only bears the name of the procedure; other messages keep their names. */
  #readShared(
    { message, takenBy }: SharedMessage,
    merged: readonly NamedOperation[],
    own: readonly string[],
  ): Message {
    const [first, ...others] = takenBy;
    const named = merged.find((operation) => operation === first);
    const hint = named === undefined ? own : [...named.base, ...requestWord(named)];
    const read = message === undefined ? anyMessage : this.#messages.read(message, camelCase(hint));
    const isRequest = named?.reply !== undefined && others.length === 0;
    return isRequest && named.messages.length <= 1 ? { ...read, name: named.name } : read;
  }

  #readOperation(
    key: SubjectKey,
    subject: Subject,
    operation: NamedOperation,
    division: Division | undefined,
  ): Channel {
    const { name, base, channel, reply, operations } = operation;
    const taken = division?.taken.get(operation) ?? [];
    const words = [...base, ...requestWord(operation)];
    return {
      kind: reply === undefined ? "channel" : "procedure",
      name,
      base: capitalized(base),
      iterator: `${camelCase(base)}Messages`,
      key,
      doc: docOf(operations[0]?.node, channel.node),
      message:
        taken.length > 0
          ? messageSetOf(taken, undefined, () => this.#names.type(words))
          : this.#correlated(this.#messageSet(operation.messages, words), operation),
      subsetOf: taken.length > 0 ? division?.shared : undefined,
      reply: reply === undefined ? undefined : this.#reply(reply, [...base, "Reply"]),
      operations: operations.flatMap(({ id }) => id ?? []),
      manyReplies: reply !== undefined && hasManyReplies(reply),
      queue: this.#queue([channel], operations) ?? (reply === undefined ? undefined : name),
      ...this.#sides(operation, subject),
      tag: tagOf(operations),
      shared: false,
    };
  }

  /** The document speaks of the application; its clients do the opposite. */
  #sides(
    { operations, channel, reply, base }: MergedOperation,
    { wild, address }: Subject,
  ): Pick<Channel, "sends" | "listens"> {
    const does = (action: SpecOperation["action"]): boolean =>
      this.#role === undefined ||
      operations.length === 0 ||
      operations.some((operation) => operation.action === action);
    const [sends, listens] =
      this.#role === "client" ? [does("receive"), does("send")] : [does("send"), does("receive")];
    if (sends && wild && reply !== undefined) {
      const node = operations[0]?.node ?? channel.node;
      node.warn({
        code: "wildcard-request",
        message: `Nothing can be sent to \`${address}\`, which has wildcards: there is no \`request${capitalized(base)}\`.`,
        fix: "Give the address parameters instead of wildcards.",
      });
    }
    return { sends: sends && !wild, listens };
  }

  #addResponder(
    channels: readonly SpecChannel[],
    key: SubjectKey,
    merged: readonly MergedOperation[],
    procedures: readonly Channel[],
    own: readonly string[],
  ): void {
    const name = this.#names.channel(own, "Responder");
    const operations = merged.flatMap(({ reply, operations }) =>
      reply === undefined ? [] : operations,
    );
    this.responders.push({
      name,
      base: capitalized(this.#names.responder([own, [...own, "operations"]])),
      operationsType: this.#names.type([...own, "Operations"]),
      key,
      procedures,
      queue: this.#queue(channels, operations) ?? name,
    });
  }

  #messageSet(messages: readonly SpecMessage[], name: readonly string[]): MessageSet {
    return readMessageSet(this.#messages, messages, {
      message: capitalized(name),
      union: () => this.#names.type(name),
    });
  }

  #correlated(set: MessageSet, { messages: [source] }: MergedOperation): MessageSet {
    const [message, ...others] = set.messages;
    if (message === undefined || source === undefined || others.length > 0) return set;
    return { ...set, messages: [this.#messages.withCorrelationHeader(message, source)] };
  }

  #reply(reply: SpecReply, name: readonly string[]): MessageSet {
    if (reply.messages === "none") return withoutPayload;
    const set = this.#messageSet(reply.messages, name);
    const [only] = set.messages;
    if (set.unionType !== undefined || only?.headers === undefined) return set;
    // A request resolves with one value: where a reply cannot do without headers, it holds them as well.
    if (only.headers.fields.some(({ required }) => required))
      return { ...set, unionType: this.#names.type(name) };
    reply.node.warn({
      code: "reply-headers",
      message: `The headers of the reply \`${only.name}\` are left out: it is its payload alone.`,
      fix: "Require one of them, and the reply becomes an object that holds payload and headers.",
    });
    return { ...set, messages: [{ ...only, headers: undefined }] };
  }

  /** The operation's queue group, else the channel's, else the server's; only receivers have one. */
  #queue(
    channels: readonly SpecChannel[],
    operations: readonly SpecOperation[],
  ): string | undefined {
    const receiving = operations.filter(
      ({ action, node }) => action === "receive" || node.key === "subscribe",
    );
    const nodes = [
      ...receiving.map(({ node }) => node),
      ...channels.map(({ node }) => node),
      ...channels.flatMap(({ servers }) => servers),
    ];
    for (const node of nodes) {
      for (const bindings of inherited(node, "bindings")) {
        const queue = bindings.get("nats")?.text("queue");
        if (queue === undefined) continue;
        // In permissions, wildcards would stand for every group.
        if (/[\s\p{Cc}]|(?:^|\.)[*>](?:\.|$)/u.test(queue)) reportQueue(bindings, queue);
        return queue;
      }
    }
    return undefined;
  }
}

/** What a subject's own constants are called by: its channel, or what several channels have in common. */
function subjectWords(
  { subject }: Subject,
  [channel, ...others]: readonly SpecChannel[],
): readonly string[] {
  const common = others.length === 0 ? [] : words(subject.replace(/\{[^{}]*\}/g, " "));
  return common.length > 0 || channel === undefined ? common : channelWords(channel);
}

function reportQueue(bindings: DocumentNode, queue: string): void {
  bindings.error({
    code: "unfit-queue",
    message: `\`${queue}\` cannot be the name of a queue group.`,
    fix: "Use a name without white space, control characters and wildcards.",
  });
}

/** The end of several answers is an answer without a payload; where none has one, the end cannot be told. */
function hasManyReplies({ node, messages }: SpecReply): boolean {
  const said = node.text("x-alternats-reply");
  if (said === undefined) return false;
  if (said === "many" && messages !== "none") return true;
  node.warn({
    code: "single-reply",
    message:
      said === "many"
        ? "The answers have no payload, so that there is one at most: `x-alternats-reply` is left out."
        : `\`x-alternats-reply: ${said}\` says nothing; there is one answer.`,
    fix: "Write `x-alternats-reply: many` beside a reply that has a payload, or remove it.",
  });
  return false;
}

/** Word that distinguishes the type of a request from that of its reply. */
function requestWord({ reply }: MergedOperation): readonly string[] {
  return reply === undefined ? [] : ["Request"];
}

/** The first tag of the first operation that has one, as a name for a group of functions. */
function tagOf(operations: readonly SpecOperation[]): string | undefined {
  for (const { node } of operations) {
    for (const tags of inherited(node, "tags")) {
      const name = tags.children
        .map((tag) => words(tag.text("name") ?? ""))
        .find(({ length }) => length > 0);
      if (name !== undefined) return camelCase(name);
    }
  }
  return undefined;
}
