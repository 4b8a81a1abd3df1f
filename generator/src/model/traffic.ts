import { noDoc } from "./doc.js";
import type { MessageReader } from "./messages.js";
import type { Message, TellApart, Traffic } from "./sdk.js";
import type { SpecMessage } from "./specification.js";
import { tellApart } from "./tell-apart.js";
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
  const read = messages.map((message) => reader.read(message, names.message));
  if (read.length <= 1) {
    return {
      messages: read.length === 0 ? [anything] : read,
      unionType: undefined,
      tellApart: undefined,
    };
  }
  const oneCodec = new Set(read.map(({ codec }) => codec)).size === 1;
  const telling = tellApart(
    messages.map(({ node }) => node),
    oneCodec,
  );
  warnAlike(messages, read, telling);
  return { messages: distinct(read), unionType: names.union(), tellApart: telling };
}

/** Gives messages of the same name a number each. */
function distinct(messages: readonly Message[]): readonly Message[] {
  const taken = new Set<string>();
  return messages.map((message) => {
    let { name } = message;
    for (let n = 2; taken.has(name); n++) name = `${message.name}${n}`;
    taken.add(name);
    return { ...message, name };
  });
}

function warnAlike(
  [first]: readonly SpecMessage[],
  read: readonly Message[],
  telling: TellApart | undefined,
): void {
  const shapes =
    telling?.by === "shape" ? telling.shapes.map((shape) => JSON.stringify(shape)) : [];
  const alike = read.filter((_, i) => {
    return telling === undefined || shapes.some((shape, j) => i !== j && shape === shapes[i]);
  });
  if (alike.length === 0) return;
  first?.node.warn({
    code: "indistinguishable-messages",
    message: `Nothing in them tells ${alike.map(({ name }) => `\`${name}\``).join(", ")} apart; the header \`Alternats-Message\` does, which other senders have to set as well.`,
    fix: "Require a property or header with a `const` of its own in each of them.",
  });
}

/** What is not described. */
const anything: Message = {
  name: "message",
  codec: "json",
  type: plain("unknown"),
  headers: undefined,
  check: undefined,
  doc: noDoc,
};

/** A message without a payload. */
export const silence: Traffic = {
  messages: [{ ...anything, codec: "none", type: plain("undefined") }],
  unionType: undefined,
  tellApart: undefined,
};
