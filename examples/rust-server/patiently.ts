import { setTimeout as sleep } from "node:timers/promises";
import { ConnectionError, TimeoutError } from "alternats";

const PAUSE = 200; // milliseconds

/** Does something that needs the server, again and again until it is there. */
export async function patiently<T>(attempt: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      const away = error instanceof ConnectionError || error instanceof TimeoutError;
      if (!away) throw error;
      await sleep(PAUSE);
    }
  }
}
