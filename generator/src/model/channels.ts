import type { DocumentNode } from "../document/node.js";
import { docOf } from "./doc.js";
import { channelWords, type Exchange, exchangesOf } from "./merged-operations.js";
import {
  anything,
  distinct,
  readTraffic,
  silence,
  tellMessages,
  trafficOf,
} from "./message-set.js";
import type { MessageReader } from "./messages.js";
import type {
  Channel,
  Message,
  Responder,
  Role,
  SharedTraffic,
  SubjectKey,
  Traffic,
} from "./sdk.js";
import type { SdkNames } from "./sdk-names.js";
import { type SharedMessage, sharedMessages } from "./shared-messages.js";
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

/** An exchange whose names are settled. */
interface NamedExchange extends Exchange {
  /** The name of its constant. */
  readonly name: string;
}

/** What travels on a subject, and what of it each exchange takes. */
interface Division {
  readonly shared: SharedTraffic;
  readonly taken: ReadonlyMap<Exchange, readonly Message[]>;
  /** How the document describes what is taken, in the same order. */
  readonly described: ReadonlyMap<Exchange, ChannelSource["messages"]>;
}

/** The parts of the document that a channel of the SDK was made of. */
export interface ChannelSource extends Pick<Exchange, "channel" | "operations" | "reply"> {
  /** In the order of the channel's traffic; undefined for one that the document does not describe. */
  readonly messages: readonly (SpecMessage | undefined)[];
}

/** Decides what becomes of a document's channels and operations. */
export class ChannelReader {
  readonly keys: SubjectKey[] = [];
  readonly channels: Channel[] = [];
  readonly responders: Responder[] = [];
  readonly shared: SharedTraffic[] = [];
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
    const settled = exchangesOf(channels, operations).map((exchange) => {
      return { ...exchange, base: this.#settleBase(exchange) };
    });
    const own = subjectWords(subject, channels);
    const key = this.#readKey(channels, subject, settled, own);
    const exchanges = settled.map((exchange): NamedExchange => {
      return { ...exchange, name: this.#names.channel(exchange.base) };
    });
    const division = subject.isGiven ? undefined : this.#divide(subject, exchanges, own);
    const read = exchanges.map((exchange) => this.#readExchange(key, subject, exchange, division));
    const answered = read.filter(({ kind, listens }) => kind === "procedure" && listens);
    const isShared = answered.length >= 2 && !subject.isGiven;
    const answeredTogether = new Map(answered.map((each) => [each, { ...each, shared: isShared }]));
    for (const [i, each] of read.entries()) {
      const made = answeredTogether.get(each) ?? each;
      this.channels.push(made);
      const exchange = exchanges[i];
      if (exchange === undefined) continue;
      const messages = division?.described.get(exchange) ?? exchange.messages;
      this.sources.set(made, { ...exchange, messages });
    }
    if (isShared) {
      this.#addResponder(channels, key, exchanges, [...answeredTogether.values()], own);
    }
  }

  /**
   * The first operation in the document keeps a name; a later one takes its channel's in front, or, where both have
   * the channel's, that of its message behind: of its only one, since several are not what the first is called.
   */
  #settleBase({ base, channel, operations, messages, reply }: Exchange): readonly string[] {
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
    exchanges: readonly Exchange[],
    own: readonly string[],
  ): SubjectKey {
    const bases = new Set(exchanges.map(({ base }) => capitalized(base)));
    const isPath = channels.length === 1 && channels[0]?.address === channels[0]?.key;
    const name = this.#names.key(bases.size === 1 || isPath ? (exchanges[0]?.base ?? own) : own);
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

  /** Where not everybody takes all that travels on a subject: reads all, and tells it apart. */
  #divide(
    { address }: Subject,
    exchanges: readonly NamedExchange[],
    own: readonly string[],
  ): Division | undefined {
    const found = sharedMessages(exchanges);
    if (found === undefined) return undefined;
    const messages = distinct(found.map((each) => this.#readShared(each, exchanges, own)));
    const telling = tellMessages(
      found.map(({ message }) => message?.node),
      messages,
    );
    const shared: SharedTraffic = {
      name: this.#names.channel([...own, "messages"]),
      address,
      messages,
      tellApart: telling,
    };
    this.shared.push(shared);
    const isTaken = (exchange: Exchange, i: number): boolean =>
      found[i]?.takers.includes(exchange) ?? false;
    const taken = new Map<Exchange, readonly Message[]>();
    const described = new Map<Exchange, ChannelSource["messages"]>();
    for (const exchange of exchanges) {
      taken.set(
        exchange,
        messages.filter((_, i) => isTaken(exchange, i)),
      );
      described.set(
        exchange,
        found.flatMap(({ message }, i) => (isTaken(exchange, i) ? [message] : [])),
      );
    }
    return { shared, taken, described };
  }

  /** What only one procedure asks with has the procedure's name; all else is called as in the document. */
  #readShared(
    { message, takers }: SharedMessage,
    exchanges: readonly NamedExchange[],
    own: readonly string[],
  ): Message {
    const [taker, ...others] = takers;
    const named = exchanges.find((exchange) => exchange === taker);
    const hint = named === undefined ? own : [...named.base, ...asks(named)];
    const read = message === undefined ? anything : this.#messages.read(message, camelCase(hint));
    const isRequest = named?.reply !== undefined && others.length === 0;
    return isRequest && named.messages.length <= 1 ? { ...read, name: named.name } : read;
  }

  #readExchange(
    key: SubjectKey,
    subject: Subject,
    exchange: NamedExchange,
    division: Division | undefined,
  ): Channel {
    const { name, base, channel, reply, operations } = exchange;
    const taken = division?.taken.get(exchange) ?? [];
    const words = [...base, ...asks(exchange)];
    return {
      kind: reply === undefined ? "channel" : "procedure",
      name,
      base: capitalized(base),
      iterator: `${camelCase(base)}Messages`,
      key,
      doc: docOf(operations[0]?.node, channel.node),
      traffic:
        taken.length > 0
          ? trafficOf(taken, undefined, () => this.#names.type(words))
          : this.#correlated(this.#traffic(exchange.messages, words), exchange),
      takenOf: taken.length > 0 ? division?.shared : undefined,
      reply: reply === undefined ? undefined : this.#reply(reply, [...base, "Reply"]),
      operations: operations.flatMap(({ id }) => id ?? []),
      manyReplies: reply !== undefined && hasManyReplies(reply),
      queue: this.#queue([channel], operations) ?? (reply === undefined ? undefined : name),
      ...this.#sides(exchange, subject),
      tag: tagOf(operations),
      shared: false,
    };
  }

  /** The document speaks of the application; its clients do the opposite. */
  #sides(
    { operations, channel, reply, base }: Exchange,
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
    exchanges: readonly Exchange[],
    procedures: readonly Channel[],
    own: readonly string[],
  ): void {
    const name = this.#names.channel(own, "Responder");
    const operations = exchanges.flatMap(({ reply, operations }) =>
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

  #traffic(messages: readonly SpecMessage[], name: readonly string[]): Traffic {
    return readTraffic(this.#messages, messages, {
      message: capitalized(name),
      union: () => this.#names.type(name),
    });
  }

  #correlated(traffic: Traffic, { messages: [source] }: Exchange): Traffic {
    const [message, ...others] = traffic.messages;
    if (message === undefined || source === undefined || others.length > 0) return traffic;
    return { ...traffic, messages: [this.#messages.withCorrelationHeader(message, source)] };
  }

  #reply(reply: SpecReply, name: readonly string[]): Traffic {
    if (reply.messages === "none") return silence;
    const traffic = this.#traffic(reply.messages, name);
    const [only] = traffic.messages;
    if (traffic.unionType !== undefined || only?.headers === undefined) return traffic;
    // A request resolves with one value: where a reply cannot do without headers, it holds them as well.
    if (only.headers.fields.some(({ required }) => required))
      return { ...traffic, unionType: this.#names.type(name) };
    reply.node.warn({
      code: "reply-headers",
      message: `The headers of the reply \`${only.name}\` are left out: it is its payload alone.`,
      fix: "Require one of them, and the reply becomes an object that holds payload and headers.",
    });
    return { ...traffic, messages: [{ ...only, headers: undefined }] };
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

/** The end of several answers is an answer without a payload; where none has one, there is no telling. */
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

/** What tells the type of a request from that of its reply. */
function asks({ reply }: Exchange): readonly string[] {
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
