import type { Parts } from "./parts.js";
import type { ServerConnection } from "./server-connection.js";

/**
 * Gets ready to leave a server with nothing in doubt: what is published from now on waits for the next
 * one, the server confirms what it has, and requests that it has are answered.
 *
 * @param connection The connection to it.
 * @param parts What waits, and for what.
 * @param within Milliseconds after which it is left all the same.
 * @returns Settles when it can be left.
 */
export async function readyToLeave(
  connection: ServerConnection,
  { writeLoop, pings, requests }: Parts,
  within: number,
): Promise<void> {
  const { position, messages } = writeLoop.suspend();
  connection.sendPing();
  await Promise.all([
    pings.confirmed(position, messages, within),
    requests.settled(position, within),
  ]);
}
