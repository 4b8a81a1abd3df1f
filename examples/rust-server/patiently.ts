import { setTimeout as sleep } from "node:timers/promises";
import { ConnectionError, TimeoutError } from "alternats";
import { JetStreamOffError, JetStreamUnavailableError } from "alternats/jetstream";

const PAUSE = 200; // milliseconds

/**
 * Does something that needs a server, again and again until it is there.
 *
 * @param isAway Whether a failure says that it is not; those of NATS by default.
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
    // So it is as well while a server starts.
    error instanceof JetStreamOffError ||
    error instanceof JetStreamUnavailableError
  );
}
