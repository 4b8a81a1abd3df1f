import { BatchError } from "../errors.js";
import type { NatsHeaders } from "../protocol/headers.js";
import type { ProtocolWriter } from "../protocol/protocol-writer.js";
import type { BatchItem } from "./nats-command.js";

/**
 * Writes a batch, all or nothing.
 *
 * @param items The messages; read before the first is written, for reading them may use the connection.
 * @param writer Takes all back when one fails.
 * @param headersOf The headers of one, where they are not the same for all. Asked before the first is
 *   written, too: a serializer that makes them may use the connection.
 * @param write Writes one.
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

/** Says which item failed. @throws BatchError */
export function named<R>(index: number, act: () => R): R {
  try {
    return act();
  } catch (cause) {
    throw new BatchError(index, cause);
  }
}

/** Says which item an iterable failed at. @throws BatchError */
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
