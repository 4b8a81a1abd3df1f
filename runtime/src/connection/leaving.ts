import type { Parts } from "./parts.js";
import type { ServerConnection } from "./server-connection.js";

/**
 * Prepares to leave a server with nothing in doubt: new messages wait for the next server, this one confirms the
 * messages that it has, and answers its requests.
 *
 * @param connection The connection to the server.
 * @param parts Parts of the engine whose work is under way.
 * @param within Milliseconds to wait at most.
 * @returns Settles when the server can be left.
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
