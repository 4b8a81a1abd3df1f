import { BatchError } from "./errors.js";
import type { BatchItem } from "./nats-command.js";
import type { ProtocolWriter } from "./protocol/protocol-writer.js";

/**
 * Writes a batch, all or nothing.
 *
 * @param items The messages; read before the first is written, for reading them may use the connection.
 * @param writer Takes all back when one fails.
 * @param write Writes one.
 * @throws BatchError naming the message that failed.
 */
export function writeBatch<T>(
  items: Iterable<BatchItem<T>>,
  writer: ProtocolWriter,
  write: (item: BatchItem<T>) => void,
): void {
  const batch = [...counted(items)];
  writer.batch(() => {
    for (const [index, item] of batch.entries()) {
      try {
        write(item);
      } catch (cause) {
        throw new BatchError(index, cause);
      }
    }
  });
}

/** Says which item an iterable failed at. */
function* counted<T>(items: Iterable<T>): Generator<T, void> {
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
