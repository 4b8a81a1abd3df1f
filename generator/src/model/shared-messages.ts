import type { MergedOperation } from "./merged-operations.js";
import type { SpecMessage } from "./specification.js";

/** One of the messages that travel on a subject. */
export interface SharedMessage {
  /** Undefined where the document does not say what asks. */
  readonly message: SpecMessage | undefined;
  /** What takes it. */
  readonly takenBy: readonly MergedOperation[];
}

/**
 * Finds what travels on a subject, where not all of its operations take all of it. Plain operations have a
 * message in common; procedures never do, for what is asked with the same message is not the same.
 *
 * @param operations The operations of the subject.
 * @returns Undefined when every operation takes all that there is.
 */
export function findSharedMessages(
  operations: readonly MergedOperation[],
): readonly SharedMessage[] | undefined {
  const found = new Map<string, { message: SpecMessage | undefined; takenBy: MergedOperation[] }>();
  const add = (key: string, message: SpecMessage | undefined, operation: MergedOperation): void => {
    const known = found.get(key) ?? { message, takenBy: [] };
    known.takenBy.push(operation);
    found.set(key, known);
  };
  const procedures = operations.filter(({ reply }) => reply !== undefined);
  for (const [i, operation] of operations.entries()) {
    if (isUndescribed(operation) && procedures.includes(operation))
      add(`${i}`, undefined, operation);
    for (const message of operation.messages) {
      const { id } = message.node.target;
      const asking = procedures.filter(({ messages }) =>
        messages.some(({ node }) => node.target.id === id),
      );
      const isItsOwn = asking.length > 1 && asking.includes(operation);
      add(isItsOwn ? `${i} ${id}` : id, message, operation);
    }
  }
  const all = [...found.values()];
  const described = operations.filter((operation) => !isUndescribed(operation) || operation.reply);
  const isDivided = all.some(({ takenBy }) => takenBy.length < described.length);
  return isDivided ? all : undefined;
}

/** Where the document does not say what travels, an operation takes whatever comes. */
function isUndescribed({ messages }: MergedOperation): boolean {
  return messages.length === 0;
}
