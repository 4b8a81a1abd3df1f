/** The end of a program: Ctrl-C, SIGTERM, or the end of the demo that started it. */

/** Milliseconds from the signal on that calls under way may still take. */
const LAST_CALLS = 3_000;
/** Milliseconds from the signal on after which the program ends, whatever it waits for. */
const LONGEST_END = 9_000;

/** Limit of each drain at the end. */
export const LAST_DRAIN = { timeout: 1_500 }; // milliseconds

const asked = new AbortController();
const late = new AbortController();

/** Aborted when the program must end. */
export const ending: AbortSignal = asked.signal;

/** Aborted some seconds later: a call with this signal may still succeed, but does not delay the end for long. */
export const lastCalls: AbortSignal = late.signal;

/** Resolves when the program must end. */
export const ended: Promise<void> = new Promise((resolve) =>
  ending.addEventListener("abort", () => resolve(), { once: true }),
);

/**
 * Runs a part of the program until it is done, or until the program must end: its calls may fail then.
 *
 * @param work The part.
 */
export async function untilEnding(work: () => Promise<void>): Promise<void> {
  const working = work().catch((error: unknown) => {
    if (!ending.aborted) throw error;
  });
  await Promise.race([working, ended]);
}

function end(): void {
  if (ending.aborted) return;
  asked.abort();
  setTimeout(() => late.abort(), LAST_CALLS).unref();
  setTimeout(() => {
    console.error("Something did not end in time, and is given up.");
    process.exit();
  }, LONGEST_END).unref();
}

process.once("SIGTERM", end);
if (process.connected) {
  // The demo decides the order of the ends: Ctrl-C in its terminal reaches all programs at once.
  process.once("disconnect", end);
  process.on("SIGINT", () => {});
} else {
  process.once("SIGINT", end);
}
