import type { MergedOperation } from "./merged-operations.js";
import type { SpecMessage } from "./specification.js";

/** One of the messages of a subject. */
export interface SharedMessage {
  /** Undefined if the document does not describe the request. */
  readonly message: SpecMessage | undefined;
  /** Operations that handle it. */
  readonly takenBy: readonly MergedOperation[];
}

/**
 * Finds the messages of a subject whose operations handle different messages. Plain operations can
 * have a message in common. Procedures cannot, because two requests with the same message differ.
 *
 * @param operations The operations of the subject.
 * @returns Undefined if every operation handles all messages.
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

/** Checks for an operation without described messages, which handles every message. */
function isUndescribed({ messages }: MergedOperation): boolean {
  return messages.length === 0;
}
