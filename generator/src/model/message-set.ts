import type { DocumentNode } from "../document/node.js";
import { tellApart } from "./discriminator.js";
import { noDoc } from "./doc.js";
import type { MessageReader } from "./messages.js";
import type { Message, TellApart, Traffic } from "./sdk.js";
import type { SpecMessage } from "./specification.js";
import { plain } from "./type-node.js";

/** What to call messages that have no name, and their union. */
export interface TrafficNames {
  readonly message: string;
  readonly union: () => string;
}

/**
 * Reads what travels one way.
 *
 * @param messages None where the document does not say: any JSON then.
 */
export function readTraffic(
  reader: MessageReader,
  messages: readonly SpecMessage[],
  names: TrafficNames,
): Traffic {
  const read = distinct(messages.map((message) => reader.read(message, names.message)));
  const nodes = messages.map(({ node }) => node);
  const telling = read.length > 1 ? tellMessages(nodes, read) : undefined;
  return trafficOf(read, telling, names.union);
}

/** Traffic of messages that are read already. */
export function trafficOf(
  messages: readonly Message[],
  tellApart: TellApart | undefined,
  union: () => string,
): Traffic {
  return {
    messages: messages.length === 0 ? [anything] : messages,
    unionType: messages.length > 1 ? union() : undefined,
    tellApart,
  };
}

/**
 * Finds what tells messages apart, and reports those that nothing does.
 *
 * @param nodes Where they stand; undefined for one that the document does not describe.
 * @param messages The same messages.
 */
export function tellMessages(
  nodes: readonly (DocumentNode | undefined)[],
  messages: readonly Message[],
): TellApart | undefined {
  const oneCodec = new Set(messages.map(({ codec }) => codec)).size === 1;
  const telling = tellApart(nodes, oneCodec);
  // No payload is unlike any other.
  const spoken = messages.filter(({ codec }) => codec !== "none");
  if (telling === undefined && spoken.length === 1 && messages.length === 2) return undefined;
  warnAlike(
    nodes.find((node) => node !== undefined),
    messages,
    telling,
  );
  return telling;
}

/** Gives messages of the same name a number each. */
export function distinct(messages: readonly Message[]): readonly Message[] {
  const taken = new Set<string>();
  return messages.map((message) => {
    let { name } = message;
    for (let n = 2; taken.has(name); n++) name = `${message.name}${n}`;
    taken.add(name);
    return { ...message, name };
  });
}

function warnAlike(
  node: DocumentNode | undefined,
  messages: readonly Message[],
  telling: TellApart | undefined,
): void {
  const shapes =
    telling?.by === "shape" ? telling.shapes.map((shape) => JSON.stringify(shape)) : [];
  const alike = messages.filter((_, i) => {
    return telling === undefined || shapes.some((shape, j) => i !== j && shape === shapes[i]);
  });
  if (alike.length === 0) return;
  node?.warn({
    code: "indistinguishable-messages",
    message: `Nothing in them tells ${alike.map(({ name }) => `\`${name}\``).join(", ")} apart; the header \`Alternats-Message\` does, which other senders have to set as well.`,
    fix: "Require a property or header with a `const` of its own in each of them.",
  });
}

/** What is not described. */
export const anything: Message = {
  name: "message",
  codec: "json",
  type: plain("unknown"),
  headers: undefined,
  correlation: undefined,
  check: undefined,
  doc: noDoc,
};

/** A message without a payload. */
export const silence: Traffic = {
  messages: [{ ...anything, codec: "none", type: plain("undefined") }],
  unionType: undefined,
  tellApart: undefined,
};
