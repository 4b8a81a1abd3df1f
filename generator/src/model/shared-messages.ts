import type { Exchange } from "./merged-operations.js";
import type { SpecMessage } from "./specification.js";

/** One of the messages that travel on a subject. */
export interface SharedMessage {
  /** Undefined where the document does not say what asks. */
  readonly message: SpecMessage | undefined;
  /** What takes it. */
  readonly takers: readonly Exchange[];
}

/**
 * Finds what travels on a subject, where not all of its exchanges take all of it. Plain exchanges have a
 * message in common; procedures never do, for what is asked with the same message is not the same.
 *
 * @param exchanges The exchanges of the subject.
 * @returns Undefined when every exchange takes all that there is.
 */
export function sharedMessages(
  exchanges: readonly Exchange[],
): readonly SharedMessage[] | undefined {
  const found = new Map<string, { message: SpecMessage | undefined; takers: Exchange[] }>();
  const add = (key: string, message: SpecMessage | undefined, taker: Exchange): void => {
    const known = found.get(key) ?? { message, takers: [] };
    known.takers.push(taker);
    found.set(key, known);
  };
  const procedures = exchanges.filter(({ reply }) => reply !== undefined);
  for (const [i, exchange] of exchanges.entries()) {
    if (isUndescribed(exchange) && procedures.includes(exchange)) add(`${i}`, undefined, exchange);
    for (const message of exchange.messages) {
      const { id } = message.node.target;
      const asking = procedures.filter(({ messages }) =>
        messages.some(({ node }) => node.target.id === id),
      );
      const isItsOwn = asking.length > 1 && asking.includes(exchange);
      add(isItsOwn ? `${i} ${id}` : id, message, exchange);
    }
  }
  const all = [...found.values()];
  const described = exchanges.filter((exchange) => !isUndescribed(exchange) || exchange.reply);
  const isDivided = all.some(({ takers }) => takers.length < described.length);
  return isDivided ? all : undefined;
}

/** Where the document does not say what travels, an exchange takes whatever comes. */
function isUndescribed({ messages }: Exchange): boolean {
  return messages.length === 0;
}
