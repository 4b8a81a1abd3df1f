import type { SpecChannel, SpecMessage, SpecOperation, SpecReply } from "./specification.js";
import { withoutDirection, withoutDirections, words } from "./words.js";

/** Operations of a subject that are one in the SDK: its two sides, or duplicates. */
export interface MergedOperation {
  /** Words of its functions' names. */
  readonly base: readonly string[];
  /** Its channel; the first one of several. */
  readonly channel: SpecChannel;
  readonly operations: readonly SpecOperation[];
  readonly messages: readonly SpecMessage[];
  readonly reply: SpecReply | undefined;
}

/**
 * Merges the operations of the channels that share a subject: operations with the same base and the
 * same messages become one.
 *
 * @param channels The channels; a channel without operations counts as one operation with all its
 * messages.
 */
export function mergeOperations(
  channels: readonly SpecChannel[],
  operations: readonly SpecOperation[],
): readonly MergedOperation[] {
  const merged = new Map<string, MergedOperation>();
  for (const channel of channels) {
    const own = operations.filter((operation) => operation.channel === channel);
    const found =
      own.length > 0
        ? own.map(toMerged)
        : [
            {
              base: channelWords(channel),
              channel,
              operations: [],
              messages: channel.messages,
              reply: undefined,
            },
          ];
    for (const operation of found) {
      const identity = identityOf(operation);
      const same = merged.get(identity) ?? { ...operation, operations: [] };
      merged.set(identity, {
        ...same,
        operations: [...same.operations, ...operation.operations],
      });
    }
  }
  return [...merged.values()];
}

function toMerged(operation: SpecOperation): MergedOperation {
  const { channel, messages, reply } = operation;
  return { base: operationWords(operation), channel, operations: [operation], messages, reply };
}

function identityOf({ base, messages, reply }: MergedOperation): string {
  const ids = (all: readonly SpecMessage[]): readonly string[] =>
    all.map(({ node }) => node.target.id);
  const replies = reply?.messages === "none" ? "none" : reply && ids(reply.messages);
  return JSON.stringify([base, ids(messages), replies]);
}

function operationWords({ node, id, channel }: SpecOperation): readonly string[] {
  const own = node.text("x-alternats-name");
  if (own !== undefined) return wordsOr(own, "operation");
  if (id === undefined) return channelWords(channel);
  return withoutDirections(wordsOr(id, "operation"));
}

/** Words of a channel's name. */
export function channelWords(channel: SpecChannel): readonly string[] {
  const own = channel.node.text("x-alternats-name");
  return own === undefined
    ? withoutDirection(wordsOr(channel.key, "channel"))
    : wordsOr(own, "channel");
}

function wordsOr(name: string, instead: string): readonly string[] {
  const all = words(name);
  return all.length === 0 ? [instead] : all;
}
