import { setTimeout as sleep } from "node:timers/promises";
import { ConnectionError, TimeoutError } from "alternats";
import { JetStreamOffError, JetStreamUnavailableError } from "alternats/jetstream";

const PAUSE = 200; // milliseconds

/**
 * Repeats an action that needs a server until the server is available.
 *
 * @param isAway Checks if an error means that the server is unavailable; by default for errors of
 * NATS.
 */
export async function patiently<T>(
  attempt: () => Promise<T>,
  isAway: (error: unknown) => boolean = isNatsAway,
): Promise<T> {
  for (let first = true; ; first = false) {
    try {
      return await attempt();
    } catch (error) {
      if (!isAway(error)) throw error;
      if (first) console.error(`Waiting: ${error instanceof Error ? error.message : error}`);
      await sleep(PAUSE);
    }
  }
}

function isNatsAway(error: unknown): boolean {
  return (
    error instanceof ConnectionError ||
    error instanceof TimeoutError ||
    // Also reported while a server starts.
    error instanceof JetStreamOffError ||
    error instanceof JetStreamUnavailableError
  );
}
