import type { Client } from "./client.js";
import { payloadOf, type Task } from "./work.js";

/** Publishes one message after the other; after each window the client is asked to wait. Ends when the server has all. */
export async function publish(open: () => Promise<Client>, task: Task) {
  const client = await open();
  const value = payloadOf(task);
  const { messages, window } = task;
  return async () => {
    for (let i = 1; i <= messages; i++) {
      if (i % window === 0) await (client.publish(value) ?? client.flush());
      else client.post(value);
    }
    await client.flush();
  };
}

/**
 * Awaits each message where the library has something to be awaited; where it has not, publishes them
 * all in one loop.
 */
export async function publishEach(open: () => Promise<Client>, task: Task) {
  const client = await open();
  const value = payloadOf(task);
  return async () => {
    for (let i = 0; i < task.messages; i++) {
      const accepted = client.publish(value);
      if (accepted !== undefined) await accepted;
    }
    await client.flush();
  };
}
