import { noDoc } from "./doc.js";
import { type Candidate, findDiscriminator, type Lack, lackOf } from "./message-discriminator.js";
import type { MessageReader } from "./messages.js";
import type { Discriminator, Message, MessageSet } from "./sdk.js";
import { inherited, type SpecMessage } from "./specification.js";
import { plain } from "./type-node.js";

/** Names for messages without a name, and for their union. */
export interface MessageSetNames {
  readonly message: string;
  readonly union: () => string;
}

/**
 * Reads the messages of one direction.
 *
 * @param messages The messages; if the document has none, any JSON is allowed.
 */
export function readMessageSet(
  reader: MessageReader,
  messages: readonly SpecMessage[],
  names: MessageSetNames,
): MessageSet {
  const read = distinct(
    messages.map((message) => reader.read(message, names.message)),
    messages,
  );
  const candidates = read.map(({ codec }, i) => ({ node: messages[i]?.node, codec }));
  const outcome = reader.ambiguous === "deliver" ? "unnamed" : "refused";
  const discriminator =
    read.length > 1 ? messageDiscriminator(candidates, read, () => outcome) : undefined;
  const unnamed = outcome === "unnamed" ? unnamedOf(read, discriminator?.open ?? []) : [];
  return messageSetOf(read, discriminator, unnamed, names.union);
}

/**
 * Creates a set of messages from messages that have been read.
 *
 * @param unnamed Names of the messages that may be delivered without a name.
 */
export function messageSetOf(
  messages: readonly Message[],
  discriminator: Discriminator | undefined,
  unnamed: readonly string[],
  union: () => string,
): MessageSet {
  return {
    messages: messages.length === 0 ? [anyMessage] : messages,
    unionType: messages.length > 1 ? union() : undefined,
    discriminator,
    unnamed,
  };
}

/** Names of the messages in pairs of messages that can have the same payload. */
export function unnamedOf(
  messages: readonly Message[],
  open: Discriminator["open"],
): readonly string[] {
  const all = new Set(open.flat());
  return messages.flatMap(({ name }, i) => (all.has(i) ? [name] : []));
}

/**
 * Outcome of a payload that fits two messages: it is delivered without a name, it is refused, or the
 * operation of each message receives it.
 */
export type Outcome = "unnamed" | "refused" | "each";

/**
 * Finds the discriminator of messages, and warns of messages that can have the same payload.
 *
 * @param candidates The messages in the document.
 * @param messages The same messages.
 * @param outcomeOf Outcome of a payload that fits two messages, by their positions.
 */
export function messageDiscriminator(
  candidates: readonly Candidate[],
  messages: readonly Message[],
  outcomeOf: (i: number, j: number) => Outcome,
): Discriminator {
  const discriminator = findDiscriminator(candidates);
  if (discriminator.open.length > 0) {
    warnOpen(candidates, messages, discriminator.open, outcomeOf);
  }
  return discriminator;
}

/**
 * Makes the names of messages unique: those in the SDK by numbers. A name in the header that several
 * messages have is not used.
 *
 * @param messages The messages.
 * @param specs The same messages in the document; undefined for one that the document does not
 * describe.
 */
export function distinct(
  messages: readonly Message[],
  specs: readonly (SpecMessage | undefined)[],
): readonly Message[] {
  const taken = new Set<string>();
  const named = messages.map((message) => {
    let { name } = message;
    for (let n = 2; taken.has(name); n++) name = `${message.name}${n}`;
    taken.add(name);
    return { ...message, name };
  });
  const wanted = specs.map(headerNamesOf);
  return named.map((message, i): Message => {
    const isFree = (name: string | undefined, taking: readonly (keyof HeaderNames)[]): boolean =>
      name !== undefined &&
      named.every((other, j) => {
        return i === j || (other.name !== name && taking.every((of) => wanted[j]?.[of] !== name));
      });
    const { key, label } = wanted[i] ?? {};
    return {
      ...message,
      headerNames: [
        ...(key !== undefined && isFree(key, ["key"]) ? [key] : [message.name]),
        ...(label !== undefined && isFree(label, ["key", "label"]) ? [label] : []),
      ],
    };
  });
}

/** Names of a message in the document. */
interface HeaderNames {
  /** The written name: the key in the channel; in version 2 the `name`, else the component's key. */
  readonly key?: string | undefined;
  /** Another name that receivers accept. */
  readonly label?: string | undefined;
}

function headerNamesOf(spec: SpecMessage | undefined): HeaderNames {
  if (spec === undefined) return {};
  const [own] = inherited(spec.node, "name");
  const label = typeof own?.value === "string" && isHeaderText(own.value) ? own.value : undefined;
  if (spec.node.document.isVersion2) return { key: label ?? spec.name };
  return { key: spec.name, label: label === spec.name ? undefined : label };
}

/** Checks for a text that a header keeps as it is. */
function isHeaderText(text: string): boolean {
  return text.trim() === text && !/\p{Cc}/u.test(text);
}

/** Warns of messages that can have the same payload, with what would distinguish each pair. */
function warnOpen(
  candidates: readonly Candidate[],
  messages: readonly Message[],
  open: Discriminator["open"],
  outcomeOf: (i: number, j: number) => Outcome,
): void {
  const groups = new Map<string, Set<number>>();
  for (const [i, j] of open) {
    const [a, b] = [candidates[i], candidates[j]];
    if (a === undefined || b === undefined) continue;
    const why = `${reasonOf(lackOf(a, b))}; such a payload ${outcomes[outcomeOf(i, j)]}`;
    const group = groups.get(why) ?? new Set();
    groups.set(why, group.add(i).add(j));
  }
  const told = [...groups].map(([why, group]) => {
    const names = [...group].map((i) => `\`${messages[i]?.name}\``);
    return `${names.join(", ")} (${why})`;
  });
  candidates
    .find(({ node }) => node !== undefined)
    ?.node?.warn({
      code: "indistinguishable-messages",
      message: `If a sender does not set the header \`Alternats-Message\`, a payload can fit several of these messages: ${told.join(", ")}.`,
      fix: "Give each message a required property with its own `const`.",
    });
}

const outcomes: { readonly [outcome in Outcome]: string } = {
  unnamed: "is delivered without a name",
  refused: "is refused",
  each: "is delivered to each of their operations",
};

function reasonOf(lack: Lack): string {
  switch (lack.kind) {
    case "same":
      return "their schemas are equal";
    case "encoding":
      return "text and bytes can be any payload";
    case "optional":
      return `\`${lack.property}\` would distinguish them if it were required`;
    case "undeclared":
      return "a payload can have the required properties of several, which `additionalProperties: false` would prevent";
    case "values":
      return "no required property has other values or another type in each";
  }
}

/** Message that the document does not describe. */
export const anyMessage: Message = {
  name: "message",
  headerNames: ["message"],
  codec: "json",
  type: plain("unknown"),
  headers: undefined,
  correlation: undefined,
  check: undefined,
  doc: noDoc,
};

/** Set of one message without a payload. */
export const withoutPayload: MessageSet = {
  messages: [{ ...anyMessage, codec: "none", type: plain("undefined") }],
  unionType: undefined,
  discriminator: undefined,
  unnamed: [],
};
