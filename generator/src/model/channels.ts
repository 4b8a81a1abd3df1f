import { docOf } from "./doc.js";
import type { MessageReader } from "./messages.js";
import { Names, reservedConstants } from "./names.js";
import type { Channel, Responder, Role, SubjectKey, TellApart, Traffic } from "./sdk.js";
import {
  inherited,
  type SpecChannel,
  type Specification,
  type SpecMessage,
  type SpecOperation,
  type SpecReply,
} from "./specification.js";
import { type Subject, subjectOf } from "./subjects.js";
import { tellApart } from "./tell-apart.js";
import { readTraffic, silence } from "./traffic.js";
import { camelCase, capitalized, pascalCase, withoutDirection, words } from "./words.js";

/** Operations of a channel that are one: both sides of it, or the same said twice. */
interface Exchange {
  readonly base: readonly string[];
  readonly operations: readonly SpecOperation[];
  readonly messages: readonly SpecMessage[];
  readonly reply: SpecReply | undefined;
}

/** Decides what becomes of a document's channels and operations. */
export class ChannelReader {
  readonly keys: SubjectKey[] = [];
  readonly channels: Channel[] = [];
  readonly responders: Responder[] = [];
  readonly #specification: Specification;
  readonly #messages: MessageReader;
  readonly #typeNames: Names;
  readonly #keyNames = new Names(reservedConstants);
  readonly #channelNames = new Names(reservedConstants);
  readonly #functionNames = new Names([]);
  readonly #role: Role | undefined;

  /**
   * @param typeNames Where the unions of messages get their names.
   * @param role Whose side the SDK takes; both when undefined.
   */
  constructor(
    specification: Specification,
    messages: MessageReader,
    typeNames: Names,
    role: Role | undefined,
  ) {
    this.#role = role;
    this.#specification = specification;
    this.#messages = messages;
    this.#typeNames = typeNames;
  }

  /** Reads all of them, in the document's order. */
  readAll(): void {
    const { channels, operations } = this.#specification;
    const replies = new Set(operations.map(({ reply }) => reply?.channel));
    for (const channel of channels) {
      const own = operations.filter((operation) => operation.channel === channel);
      if (own.length === 0 && replies.has(channel)) continue;
      const subject = subjectOf(channel);
      if (subject !== undefined) this.#read(channel, subject, own);
    }
  }

  #read(channel: SpecChannel, subject: Subject, operations: readonly SpecOperation[]): void {
    const exchanges = merge(channel, operations).map((exchange) => {
      const kind = exchange.reply === undefined ? "channel" : "procedure";
      return { ...exchange, base: this.#settleName(channel, exchange, kind) };
    });
    const key = this.#readKey(channel, subject, exchanges);
    const procedures = exchanges.filter(({ reply }) => reply !== undefined && !subject.wild);
    const shared = procedures.length > 1 && !subject.isGiven;
    const telling = shared ? tellRequestsApart(procedures) : undefined;
    const read = exchanges
      .filter(({ reply }) => reply === undefined || !subject.wild)
      .map((exchange) => this.#readExchange(channel, key, subject, exchange, shared, telling));
    this.channels.push(...read);
    if (shared && read.some(({ kind, listens }) => kind === "procedure" && listens))
      this.#addResponder(channel, key, procedures, read, telling);
  }

  #addResponder(
    channel: SpecChannel,
    key: SubjectKey,
    procedures: readonly Exchange[],
    read: readonly Channel[],
    tellApart: TellApart | undefined,
  ): void {
    const own = channelWords(channel);
    const name = takeConstant(this.#channelNames, own, "Responder");
    const operations = procedures.flatMap((exchange) => exchange.operations);
    this.responders.push({
      name,
      base: capitalized(own),
      operationsType: this.#typeNames.take(pascalCase([...own, "Operations"])),
      key,
      procedures: read.filter(({ kind }) => kind === "procedure"),
      queue: this.#queue(channel, operations) ?? name,
      tellApart,
    });
    this.#functionNames.take(`respond${capitalized(own)}`);
  }

  /** The first operation in the document keeps a name; a later one takes its channel's in front. */
  #settleName(channel: SpecChannel, exchange: Exchange, kind: Channel["kind"]): readonly string[] {
    const own = channelWords(channel);
    const [message] = exchange.messages;
    const isOwn = capitalized(own) === capitalized(exchange.base);
    const candidates = [
      exchange.base,
      ...(isOwn ? [] : [[...own, ...exchange.base]]),
      [...exchange.base, ...words(message?.name ?? "")],
    ];
    let settled = candidates.find((base) => this.#allFree(kind, base)) ?? exchange.base;
    for (let n = 2; !this.#allFree(kind, settled); n++) settled = [...exchange.base, String(n)];
    for (const name of functionNames(kind, settled)) this.#functionNames.take(name);
    if (settled !== exchange.base) {
      const node = exchange.operations[0]?.node ?? channel.node;
      node.warn({
        code: "name-collision",
        message: `\`${capitalized(exchange.base)}\` is taken by another operation; this one becomes \`${capitalized(settled)}\`.`,
        fix: "Give one of them a name of its own with `x-alternats-name`.",
      });
    }
    return settled;
  }

  #allFree(kind: Channel["kind"], base: readonly string[]): boolean {
    return functionNames(kind, base).every((name) => this.#functionNames.free(name));
  }

  #readKey(channel: SpecChannel, subject: Subject, exchanges: readonly Exchange[]): SubjectKey {
    const bases = new Set(exchanges.map(({ base }) => capitalized(base)));
    const [first] = exchanges;
    const isPath = channel.address === channel.key;
    const base =
      bases.size === 1 || isPath ? (first?.base ?? channelWords(channel)) : channelWords(channel);
    const name = takeConstant(this.#keyNames, base);
    const key: SubjectKey = {
      name,
      subject: subject.subject,
      paramsType: subject.parameters.length === 0 ? undefined : `${pascalCase(words(name))}Params`,
      parameters: subject.parameters,
      address: subject.address,
      isGiven: subject.isGiven,
    };
    this.keys.push(key);
    return key;
  }

  #readExchange(
    channel: SpecChannel,
    key: SubjectKey,
    subject: Subject,
    exchange: Exchange,
    shared: boolean,
    telling: TellApart | undefined,
  ): Channel {
    const { base, reply } = exchange;
    const name = takeConstant(this.#channelNames, base);
    const [operation] = exchange.operations;
    const asks = reply === undefined ? [] : ["Request"];
    return {
      kind: reply === undefined ? "channel" : "procedure",
      name,
      base: capitalized(base),
      iterator: `${camelCase(base)}Messages`,
      key,
      doc: docOf(operation?.node, channel.node),
      traffic: this.#traffic(exchange.messages, [...base, ...asks]),
      reply: reply === undefined ? undefined : this.#reply(reply, [...base, "Reply"]),
      manyReplies: reply?.node.text("x-alternats-reply") === "many",
      queue: this.#queue(channel, exchange.operations) ?? (reply === undefined ? undefined : name),
      named: shared && reply !== undefined && (telling === undefined || telling.by === "shape"),
      ...this.#sides(exchange, subject),
      tag: tagOf(exchange.operations),
      shared: shared && reply !== undefined,
    };
  }

  /** The document speaks of the application; its clients do the opposite. */
  #sides({ operations }: Exchange, subject: Subject): Pick<Channel, "sends" | "listens"> {
    const does = (action: SpecOperation["action"]): boolean =>
      this.#role === undefined ||
      operations.length === 0 ||
      operations.some((operation) => operation.action === action);
    const [sends, listens] =
      this.#role === "client" ? [does("receive"), does("send")] : [does("send"), does("receive")];
    return { sends: sends && !subject.wild, listens };
  }

  #traffic(messages: readonly SpecMessage[], name: readonly string[]): Traffic {
    const pascal = pascalCase(name);
    return readTraffic(this.#messages, messages, {
      message: pascal,
      union: () =>
        this.#typeNames.take(this.#typeNames.reserves(pascal) ? `${pascal}Type` : pascal),
    });
  }

  #reply(reply: SpecReply, name: readonly string[]): Traffic {
    return reply.messages === "none" ? silence : this.#traffic(reply.messages, name);
  }

  /** The operation's queue group, else the channel's, else the server's; only receivers have one. */
  #queue(channel: SpecChannel, operations: readonly SpecOperation[]): string | undefined {
    const receiving = operations.filter(
      ({ action, node }) => action === "receive" || node.key === "subscribe",
    );
    const nodes = [...receiving.map(({ node }) => node), channel.node, ...channel.servers];
    for (const node of nodes) {
      for (const bindings of inherited(node, "bindings")) {
        const queue = bindings.get("nats")?.text("queue");
        if (queue !== undefined) return queue;
      }
    }
    return undefined;
  }
}

/** Operations equal in base and messages are one. */
function merge(channel: SpecChannel, operations: readonly SpecOperation[]): readonly Exchange[] {
  if (operations.length === 0) {
    const { messages } = channel;
    return [{ base: channelWords(channel), operations: [], messages, reply: undefined }];
  }
  const merged = new Map<string, SpecOperation[]>();
  for (const operation of operations) {
    const { messages, reply } = operation;
    const identity = JSON.stringify([
      operationWords(operation),
      messages.map(({ node }) => node.target.id),
      reply === undefined || reply.messages === "none"
        ? reply?.messages
        : reply.messages.map(({ node }) => node.target.id),
    ]);
    const same = merged.get(identity);
    if (same === undefined) merged.set(identity, [operation]);
    else same.push(operation);
  }
  return [...merged.values()].flatMap((same) => {
    const [first] = same;
    if (first === undefined) return [];
    const { messages, reply } = first;
    return [{ base: operationWords(first), operations: same, messages, reply }];
  });
}

function operationWords({ node, id, channel }: SpecOperation): readonly string[] {
  const own = node.text("x-alternats-name");
  if (own !== undefined) return wordsOr(own, "operation");
  if (id === undefined) return channelWords(channel);
  return withoutDirection(wordsOr(id, "operation"));
}

function channelWords(channel: SpecChannel): readonly string[] {
  const own = channel.node.text("x-alternats-name");
  return own === undefined
    ? withoutDirection(wordsOr(channel.key, "channel"))
    : wordsOr(own, "channel");
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

function wordsOr(name: string, instead: string): readonly string[] {
  const all = words(name);
  return all.length === 0 ? [instead] : all;
}

function functionNames(kind: Channel["kind"], base: readonly string[]): readonly string[] {
  const name = capitalized(base);
  return kind === "procedure"
    ? [`request${name}`, `respond${name}`]
    : [`publish${name}`, `subscribe${name}`, `${camelCase(base)}Messages`];
}

function takeConstant(names: Names, base: readonly string[], suffix = "Channel"): string {
  const name = camelCase(base);
  return names.take(names.free(name) ? name : `${name}${suffix}`);
}

/** Requests with several messages each are told apart by their names only. */
function tellRequestsApart(procedures: readonly Exchange[]): TellApart | undefined {
  const single = procedures.flatMap(({ messages: [only, ...others] }) =>
    only === undefined || others.length > 0 ? [] : [only.node],
  );
  return single.length === procedures.length ? tellApart(single) : undefined;
}
