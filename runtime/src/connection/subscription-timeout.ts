import { TimeoutError } from "../errors.js";
import type { SubscriptionEntry } from "./subscriptions.js";

/**
 * Ends a subscription whose first message does not arrive in time. Later messages take no extra step.
 *
 * @param entry The subscription.
 * @param timeout Milliseconds within which the first message must arrive.
 */
export function expectFirst(entry: SubscriptionEntry, timeout: number): void {
  const { receiver } = entry;
  const late = () =>
    entry.fail(
      new TimeoutError(
        `No message arrived on "${entry.subject}" within ${timeout} ms (timeout). Raise the timeout, or check the publisher.`,
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
