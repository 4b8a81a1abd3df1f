import { BatchError } from "../errors.js";
import type { NatsHeaders } from "../protocol/headers.js";
import type { ProtocolWriter } from "../protocol/protocol-writer.js";
import type { BatchItem } from "./nats-command.js";

/**
 * Writes a batch, all or nothing.
 *
 * @param items The messages; all are read before the first is written, since reading may use the connection.
 * @param writer Takes everything back when one message fails.
 * @param headersOf Returns the headers of a message, unless none has any. Called for all before the first is written,
 *   since a serializer that makes headers may use the connection.
 * @param write Writes one message.
 * @throws BatchError naming the message that failed.
 */
export function writeBatch<T>(
  items: Iterable<BatchItem<T>>,
  writer: ProtocolWriter,
  headersOf: ((item: BatchItem<T>) => NatsHeaders | undefined) | undefined,
  write: (item: BatchItem<T>, headers: NatsHeaders | undefined) => void,
): void {
  const batch = [...counted(items)];
  const headers = headersOf && batch.map((item, index) => named(index, () => headersOf(item)));
  writer.batch(() => {
    for (const [index, item] of batch.entries()) {
      named(index, () => write(item, headers?.[index]));
    }
  });
}

/** Runs a function for one item. @throws BatchError naming the item */
export function named<R>(index: number, act: () => R): R {
  try {
    return act();
  } catch (cause) {
    throw new BatchError(index, cause);
  }
}

/** Iterates over items. @throws BatchError naming the item at which the iterable failed */
export function* counted<T>(items: Iterable<T>): Generator<T, void> {
  let index = 0;
  try {
    for (const item of items) {
      yield item;
      index++;
    }
  } catch (cause) {
    throw new BatchError(index, cause);
  }
}
