/** The end of a program: Ctrl-C, SIGTERM, or the end of the program that started it. */
import { setTimeout as sleep } from "node:timers/promises";
import {
  AuthorizationError,
  ConnectionClosedError,
  ConnectionError,
  type NatsConnection,
  TimeoutError,
} from "alternats";

const PAUSE = 200; // milliseconds

/** Limit of the drain at the end. */
export const LAST_DRAIN = { timeout: 5_000 }; // milliseconds

const asked = new AbortController();

/** Aborted when the program must end. */
export const ending: AbortSignal = asked.signal;

/** Resolves when the program must end. */
export const ended: Promise<void> = new Promise((resolve) =>
  ending.addEventListener("abort", () => resolve(), { once: true }),
);

function end(): void {
  asked.abort();
  // The channel to the parent process would keep this one alive.
  if (process.connected) process.disconnect();
}

process.once("SIGINT", end);
process.once("SIGTERM", end);
if (process.connected) process.once("disconnect", end);

/**
 * Connects, and waits for the server if it is not there yet.
 *
 * @returns `false` if the program must end before.
 */
export async function connected(nats: NatsConnection): Promise<boolean> {
  for (let first = true; !ending.aborted; first = false) {
    try {
      await Promise.race([nats.connect(), ended]);
    } catch (error) {
      const isAway = error instanceof ConnectionError || error instanceof TimeoutError;
      const isFinal = error instanceof ConnectionClosedError || error instanceof AuthorizationError;
      if (!isAway || isFinal) throw error;
      if (first) console.error(`Waiting: ${error instanceof Error ? error.message : error}`);
      await sleep(PAUSE, undefined, { signal: ending }).catch(() => {});
      continue;
    }
    break;
  }
  return !ending.aborted;
}
