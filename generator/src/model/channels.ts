import type { DocumentNode } from "../document/node.js";
import type { Role } from "../generate-options.js";
import { docOf } from "./doc.js";
import { channelWords, type MergedOperation, mergeOperations } from "./merged-operations.js";
import {
  anyMessage,
  distinct,
  messageDiscriminator,
  messageSetOf,
  type Outcome,
  readMessageSet,
  unnamedOf,
  withoutPayload,
} from "./message-set.js";
import type { MessageReader } from "./messages.js";
import type { Channel, Message, MessageSet, Responder, SharedMessages, SubjectKey } from "./sdk.js";
import type { SdkNames, Sides } from "./sdk-names.js";
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
import { camelCase, capitalized, iteratorName, words } from "./words.js";

/** An operation with its final names. */
interface NamedOperation extends MergedOperation {
  /** The name of its constant. */
  readonly name: string;
}

/** Messages of a subject, and those of each of its operations. */
interface Division {
  readonly shared: SharedMessages;
  readonly taken: ReadonlyMap<MergedOperation, readonly Message[]>;
  /** The same messages as parts of the document, in the same order. */
  readonly described: ReadonlyMap<MergedOperation, ChannelSource["messages"]>;
}

/** Source of an SDK channel in the document. */
export interface ChannelSource extends Pick<MergedOperation, "channel" | "operations" | "reply"> {
  /**
   * In the order of the channel's messages; undefined for a message that the document does not
   * describe.
   */
  readonly messages: readonly (SpecMessage | undefined)[];
}

/** Creates the SDK's channels from a document's channels and operations. */
export class ChannelReader {
  readonly keys: SubjectKey[] = [];
  readonly channels: Channel[] = [];
  readonly responders: Responder[] = [];
  readonly shared: SharedMessages[] = [];
  /** The source of each channel. */
  readonly sources = new Map<Channel, ChannelSource>();
  readonly #specification: Specification;
  readonly #messages: MessageReader;
  readonly #names: SdkNames;
  readonly #role: Role | undefined;

  /**
   * @param names Source of all names.
   * @param role Side of the SDK; both if undefined.
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

  /** Reads all channels, in the document's order. */
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
      return { ...operation, base: this.#settleBase(operation, subject) };
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
   * Decides an operation's name. The first operation in the document keeps its name. A later one
   * with the same functions gets its channel's name as a prefix. If both have the channel's name, it
   * gets a suffix: the name of its only message, else its direction; an operation with several
   * messages is not named after the first.
   */
  #settleBase(operation: MergedOperation, subject: Subject): readonly string[] {
    const { base, channel, operations, messages, reply } = operation;
    const own = channelWords(channel);
    const isOwn = capitalized(own) === capitalized(base);
    const kind = reply === undefined ? "channel" : "procedure";
    const settled = this.#names.operation(kind, this.#sides(operation, subject), [
      base,
      ...(isOwn ? [] : [[...own, ...base]]),
      ...(messages.length === 1 ? [[...base, ...words(messages[0]?.name ?? "")]] : []),
      ...operations
        .slice(0, 1)
        .map(({ action }) => [...base, action === "send" ? "From" : "To", "Application"]),
    ]);
    if (settled !== base) {
      const node = operations[0]?.node ?? channel.node;
      node.warn({
        code: "name-collision",
        message: `\`${capitalized(base)}\` is already the name of another operation; this one becomes \`${capitalized(settled)}\`.`,
        fix: "Give one of them another name with `x-alternats-name`.",
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

  /**
   * Reads all messages of a subject whose operations handle different messages, with their
   * discriminator.
   */
  #divide(
    { address }: Subject,
    merged: readonly NamedOperation[],
    own: readonly string[],
  ): Division | undefined {
    const found = findSharedMessages(merged);
    if (found === undefined) return undefined;
    const messages = distinct(
      found.map((each) => this.#readShared(each, merged, own)),
      found.map(({ message }) => message),
    );
    const outcomeOf = (i: number, j: number): Outcome => {
      const [a, b] = [found[i]?.takenBy ?? [], found[j]?.takenBy ?? []];
      if (a.some((operation) => b.includes(operation))) return this.#ambiguous;
      return [...a, ...b].some(({ reply }) => reply !== undefined) ? "refused" : "each";
    };
    const discriminator = messageDiscriminator(
      found.map(({ message }, i) => ({ node: message?.node, codec: messages[i]?.codec ?? "json" })),
      messages,
      outcomeOf,
    );
    const shared: SharedMessages = {
      name: this.#names.channel([...own, "messages"]),
      address,
      messages,
      discriminator,
      unnamed: unnamedOf(
        messages,
        discriminator.open.filter((pair) => outcomeOf(...pair) === "unnamed"),
      ),
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

  /**
   * Reads the messages. A request of only one procedure gets the name of the procedure; other
   * messages keep their names.
   */
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
    const shared = division?.shared;
    const words = [...base, ...requestWord(operation)];
    const sides = this.#knownSides(operation, subject);
    const word = sides.sends === sides.listens ? "Message" : sides.sends ? "Sent" : "Received";
    return {
      kind: reply === undefined ? "channel" : "procedure",
      name,
      base: capitalized(base),
      iterator: iteratorName(base),
      key,
      doc: docOf(operations[0]?.node, channel.node),
      message:
        taken.length > 0
          ? messageSetOf(
              taken,
              undefined,
              this.#ambiguous === "unnamed" ? unnamedAmong(taken, shared) : [],
              () => this.#names.type(words, word),
            )
          : this.#correlated(this.#messageSet(operation.messages, words, word), operation),
      subsetOf: taken.length > 0 ? division?.shared : undefined,
      reply: reply === undefined ? undefined : this.#reply(reply, [...base, "Reply"]),
      operations: operations.flatMap(({ id }) => id ?? []),
      receivers: operations.filter(isReceiving).flatMap(({ id }) => id ?? []),
      manyReplies: reply !== undefined && hasManyReplies(reply),
      replyAt:
        reply === undefined || hasManyReplies(reply)
          ? undefined
          : replyLocation(reply, operation.messages.length),
      queue: this.#queue([channel], operations) ?? (reply === undefined ? undefined : name),
      ...sides,
      tag: tagOf(operations),
      shared: false,
    };
  }

  /**
   * Sides of an operation. The document describes the application; its clients have the opposite
   * side.
   */
  #sides({ operations }: MergedOperation, { wild }: Subject): Sides {
    const does = (action: SpecOperation["action"]): boolean =>
      this.#role === undefined ||
      operations.length === 0 ||
      operations.some((operation) => operation.action === action);
    const [sends, listens] =
      this.#role === "client" ? [does("receive"), does("send")] : [does("send"), does("receive")];
    return { sends: sends && !wild, listens };
  }

  /** The sides of an operation, with a warning about requests that are not possible. */
  #knownSides(operation: MergedOperation, subject: Subject): Sides {
    const { operations, channel, reply, base } = operation;
    const { wild, address } = subject;
    if (wild && reply !== undefined && this.#sides(operation, { ...subject, wild: false }).sends) {
      const node = operations[0]?.node ?? channel.node;
      node.warn({
        code: "wildcard-request",
        message: `\`${address}\` has wildcards, so no request can be published to it: there is no \`request${capitalized(base)}\`.`,
        fix: "Give the address parameters instead of wildcards.",
      });
    }
    return this.#sides(operation, subject);
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

  get #ambiguous(): Outcome {
    return this.#messages.ambiguous === "deliver" ? "unnamed" : "refused";
  }

  /** @param word Word that distinguishes the type of all messages from others with its name. */
  #messageSet(
    messages: readonly SpecMessage[],
    name: readonly string[],
    word = "Message",
  ): MessageSet {
    return readMessageSet(this.#messages, messages, {
      message: capitalized(name),
      union: () => this.#names.type(name, word),
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
    // A request resolves with one value. If a reply has required headers, the value includes them.
    if (only.headers.fields.some(({ required }) => required))
      return { ...set, unionType: this.#names.type(name, "Message") };
    reply.node.warn({
      code: "reply-headers",
      message: `The headers of the reply \`${only.name}\` are ignored: a reply with only optional headers is its payload.`,
      fix: "Make one of them required: the reply then is an object with payload and headers.",
    });
    return { ...set, messages: [{ ...only, headers: undefined }] };
  }

  /**
   * The queue group of the operation, the channel or the server, in this order; only receivers have
   * one.
   */
  #queue(
    channels: readonly SpecChannel[],
    operations: readonly SpecOperation[],
  ): string | undefined {
    const receiving = operations.filter(isReceiving);
    const nodes = [
      ...receiving.map(({ node }) => node),
      ...channels.map(({ node }) => node),
      ...channels.flatMap(({ servers }) => servers),
    ];
    for (const node of nodes) {
      for (const bindings of inherited(node, "bindings")) {
        const queue = bindings.get("nats")?.text("queue");
        if (queue === undefined) continue;
        // In permissions, wildcards would match every group.
        if (/[\s\p{Cc}]|(?:^|\.)[*>](?:\.|$)/u.test(queue)) reportQueue(bindings, queue);
        return queue;
      }
    }
    return undefined;
  }
}

/**
 * Name of a subject's own constants: that of its channel, or the common part of several channels.
 */
function subjectWords(
  { subject }: Subject,
  [channel, ...others]: readonly SpecChannel[],
): readonly string[] {
  const common = others.length === 0 ? [] : words(subject.replace(/\{[^{}]*\}/g, " "));
  return common.length > 0 || channel === undefined ? common : channelWords(channel);
}

/** Names of some of the messages of a subject that can have the same payload. */
function unnamedAmong(
  messages: readonly Message[],
  shared: SharedMessages | undefined,
): readonly string[] {
  const all = shared?.messages ?? [];
  const isMeant = (i: number): boolean => messages.some((message) => message === all[i]);
  const open = shared?.discriminator?.open ?? [];
  return unnamedOf(
    all,
    open.filter((pair) => pair.every(isMeant)),
  );
}

function isReceiving({ action, node }: SpecOperation): boolean {
  return action === "receive" || node.key === "subscribe";
}

function reportQueue(bindings: DocumentNode, queue: string): void {
  bindings.error({
    code: "unfit-queue",
    message: `\`${queue}\` is not a valid name of a queue group.`,
    fix: "Use a name without white space, control characters or wildcards.",
  });
}

/**
 * Checks for several replies. An empty message ends them, so at least one of them must have a
 * payload.
 */
function hasManyReplies({ node, messages }: SpecReply): boolean {
  const said = node.text("x-alternats-reply");
  if (said === undefined) return false;
  if (said === "many" && messages !== "none") return true;
  node.warn({
    code: "single-reply",
    message:
      said === "many"
        ? "The reply has no payload, so there cannot be several: `x-alternats-reply` is ignored."
        : `\`x-alternats-reply: ${said}\` is unknown and ignored; there is one reply.`,
    fix: "Write `x-alternats-reply: many` in a reply with a payload, or remove it.",
  });
  return false;
}

/** Place in a request that contains the subject of its reply. */
function replyLocation({ node }: SpecReply, requests: number): string | undefined {
  const address = node.get("address");
  const location = address?.text("location");
  if (address === undefined || location === undefined) return undefined;
  const isHeader = /^\$message\.header#\/[^/]+$/.test(location);
  // The place in a payload is the same in all of them only if there is one.
  if (isHeader || (requests === 1 && /^\$message\.payload#\/./.test(location))) return location;
  address.warn({
    code: "unread-reply-address",
    message: `\`${location}\` is neither a header nor a place in the payload of a single request; the reply only has the address of NATS.`,
    fix: "Write `$message.header#/` and the name of the header, or `$message.payload#/` and a path.",
  });
  return undefined;
}

/** Word that distinguishes the type of a request from that of its reply. */
function requestWord({ reply }: MergedOperation): readonly string[] {
  return reply === undefined ? [] : ["Request"];
}

/** The first tag of the operations, as the name of a group of functions. */
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
