import { setTimeout as sleep } from "node:timers/promises";
import { ConnectionClosedError, ConnectionError, NoRespondersError, TimeoutError } from "alternats";
import {
  AppendInDoubtError,
  JetStreamOffError,
  JetStreamUnavailableError,
} from "alternats/jetstream";
import { ending } from "./ending.js";

const PAUSE = 200; // milliseconds

/**
 * Repeats an action that needs a server until the server is available. Rejects when the program must end.
 *
 * @param attempt The action.
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
      await sleep(PAUSE, undefined, { signal: ending });
    }
  }
}

/** @returns `true` if the server, its JetStream or a responder is unavailable at the moment. */
export function isNatsAway(error: unknown): boolean {
  return (
    (error instanceof ConnectionError && !(error instanceof ConnectionClosedError)) ||
    error instanceof TimeoutError ||
    error instanceof NoRespondersError ||
    // Also reported while a server starts.
    error instanceof JetStreamOffError ||
    error instanceof JetStreamUnavailableError ||
    error instanceof AppendInDoubtError
  );
}
