import { TimeoutError } from "../errors.js";
import type { SubscriptionEntry } from "./subscriptions.js";

/**
 * Ends a subscription that gets no message in time. Once the first has come, nothing of this is left on
 * the way of the others.
 *
 * @param entry The subscription.
 * @param timeout Milliseconds.
 */
export function expectFirst(entry: SubscriptionEntry, timeout: number): void {
  const { receiver } = entry;
  const late = () =>
    entry.fail(
      new TimeoutError(
        `No message came on "${entry.subject}" within ${timeout} ms (timeout). Give it more time, or see whether anybody publishes.`,
      ),
    );
  const timer = setTimeout(late, timeout);
  const came = () => {
    clearTimeout(timer);
    entry.receiver = receiver;
  };
  entry.receiver = {
    ...receiver,
    receive(frame) {
      came();
      receiver.receive(frame);
    },
    ended(failure) {
      came();
      receiver.ended?.(failure);
    },
  };
}
