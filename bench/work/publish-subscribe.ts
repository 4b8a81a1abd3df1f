import type { Client } from "./client.js";
import { payloadOf, type Task } from "./work.js";

/**
 * From one connection to others: a window is sent when the one before has arrived at every subscriber.
 * With several subscribers, each keeps the values of the last window, as a program with state would.
 */
export async function publishSubscribe(
  open: () => Promise<Pick<Client, "post" | "subscribe">>,
  task: Task,
) {
  const { messages, window, subscribers = 1 } = task;
  const value = payloadOf(task);
  let missing = 0;
  let arrived = () => {};
  for (let i = 0; i < subscribers; i++) {
    const subscriber = await open();
    const kept: unknown[] = new Array(window);
    let next = 0;
    await subscriber.subscribe((received) => {
      if (subscribers > 1) {
        kept[next] = received;
        next = next + 1 === window ? 0 : next + 1;
      }
      if (--missing === 0) arrived();
    });
  }
  const publisher = await open();
  return async () => {
    for (let sent = 0; sent < messages; sent += window) {
      missing = window * subscribers;
      const all = new Promise<void>((resolve) => {
        arrived = resolve;
      });
      for (let i = 0; i < window; i++) publisher.post(value);
      await all;
    }
  };
}
