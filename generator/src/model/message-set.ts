import type { DocumentNode } from "../document/node.js";
import { findDiscriminator } from "./discriminator.js";
import { noDoc } from "./doc.js";
import type { MessageReader } from "./messages.js";
import type { Discriminator, Message, MessageSet } from "./sdk.js";
import type { SpecMessage } from "./specification.js";
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
  const read = distinct(messages.map((message) => reader.read(message, names.message)));
  const nodes = messages.map(({ node }) => node);
  const discriminator = read.length > 1 ? messageDiscriminator(nodes, read) : undefined;
  return messageSetOf(read, discriminator, names.union);
}

/** Creates a set of messages from messages that have been read. */
export function messageSetOf(
  messages: readonly Message[],
  discriminator: Discriminator | undefined,
  union: () => string,
): MessageSet {
  return {
    messages: messages.length === 0 ? [anyMessage] : messages,
    unionType: messages.length > 1 ? union() : undefined,
    discriminator,
  };
}

/**
 * Finds the discriminator of messages, and warns of messages that cannot be distinguished.
 *
 * @param nodes Their places in the document; undefined for a message that the document does not
 * describe.
 * @param messages The same messages.
 */
export function messageDiscriminator(
  nodes: readonly (DocumentNode | undefined)[],
  messages: readonly Message[],
): Discriminator | undefined {
  const oneCodec = new Set(messages.map(({ codec }) => codec)).size === 1;
  const discriminator = findDiscriminator(nodes, oneCodec);
  // A message without a payload differs from every other.
  const withPayload = messages.filter(({ codec }) => codec !== "none");
  if (discriminator === undefined && withPayload.length === 1 && messages.length === 2)
    return undefined;
  warnIndistinguishable(
    nodes.find((node) => node !== undefined),
    messages,
    discriminator,
  );
  return discriminator;
}

/** Makes the names of messages unique by numbers. */
export function distinct(messages: readonly Message[]): readonly Message[] {
  const taken = new Set<string>();
  return messages.map((message) => {
    let { name } = message;
    for (let n = 2; taken.has(name); n++) name = `${message.name}${n}`;
    taken.add(name);
    return { ...message, name };
  });
}

function warnIndistinguishable(
  node: DocumentNode | undefined,
  messages: readonly Message[],
  discriminator: Discriminator | undefined,
): void {
  const shapes =
    discriminator?.by === "shape" ? discriminator.shapes.map((shape) => JSON.stringify(shape)) : [];
  const alike = messages.filter((_, i) => {
    return discriminator === undefined || shapes.some((shape, j) => i !== j && shape === shapes[i]);
  });
  if (alike.length === 0) return;
  node?.warn({
    code: "indistinguishable-messages",
    message: `The messages ${alike.map(({ name }) => `\`${name}\``).join(", ")} can only be distinguished by the header \`Alternats-Message\`, which other senders must set as well.`,
    fix: "Require a property or header with a different `const` in each of them.",
  });
}

/** Message that the document does not describe. */
export const anyMessage: Message = {
  name: "message",
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
};
