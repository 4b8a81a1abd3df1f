import { TimeoutError } from "../errors.js";
import type { ResolvedOptions } from "../options/nats-options.js";
import { type DrainOptions, drainLimit, inTime } from "../waiting/deadline.js";
import type { Journal } from "./journal.js";
import { closedError, type Lifecycle } from "./lifecycle.js";
import type { Parts } from "./parts.js";

/** Milliseconds that the system has for sending what is left when a connection was closed in good order. */
const PATIENCE = 2_000;

/** Graceful end of a connection: drain and close. */
export class Farewell {
  readonly #lifecycle: Lifecycle;
  readonly #parts: Parts;
  readonly #journal: Journal;
  readonly #options: Pick<ResolvedOptions, "requestTimeout" | "drainTimeout">;
  #drained: Promise<void> | undefined;
  #closed: Promise<void> | undefined;

  /**
   * @param lifecycle Life of the connection, which ends here.
   * @param parts Parts of the engine that may still be at work.
   * @param journal Reports what was not finished in time.
   * @param options `requestTimeout`: milliseconds for the server to confirm what was published; `drainTimeout`:
   *   milliseconds for a drain.
   */
  constructor(
    lifecycle: Lifecycle,
    parts: Parts,
    journal: Journal,
    options: Pick<ResolvedOptions, "requestTimeout" | "drainTimeout">,
  ) {
    this.#lifecycle = lifecycle;
    this.#parts = parts;
    this.#journal = journal;
    this.#options = options;
  }

  /**
   * Ends all subscriptions when what is under way has arrived, then the connection. At the limit both end as they
   * are.
   *
   * @param options The limit.
   * @returns Settles when the connection has ended; rejects with ConnectionClosedError after {@link close}.
   */
  drain(options: DrainOptions = {}): Promise<void> {
    try {
      const timeout = drainLimit(options, this.#options.drainTimeout);
      if (this.#lifecycle.closing) throw closedError();
      this.#drained ??= this.#drain(timeout);
      return this.#drained;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Ends the connection when what was published is delivered.
   *
   * @returns Settles when the connection has ended. Never rejects.
   */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #drain(timeout: number): Promise<void> {
    const { subscriptions, requests } = this.#parts;
    const latest = performance.now() + timeout;
    this.#lifecycle.drain(false);
    // Handlers that are at work may still await answers.
    const finished = subscriptions.finishAll((entry) => requests.owns(entry));
    if (!(await inTime(Promise.race([finished, this.#lifecycle.closed()]), timeout))) {
      const left =
        subscriptions.count === 1 ? "1 subscription" : `${subscriptions.count} subscriptions`;
      this.#journal.report(
        new TimeoutError(
          `The connection was not drained within ${timeout} ms (drainTimeout): ${left} had not finished. It is closed, and handlers may still be running.`,
        ),
      );
    }
    this.#closed ??= this.#close(latest);
    await this.#closed;
  }

  /** @param latest `performance.now()` at which it ends, whatever is left. */
  async #close(latest = Number.POSITIVE_INFINITY): Promise<void> {
    this.#lifecycle.drain(true);
    const { opening, state } = this.#lifecycle;
    if (state === "connecting") {
      if (latest === Number.POSITIVE_INFINITY) await opening.catch(() => {});
      else await inTime(opening, timeLeft(latest));
    }
    const confirmed = Math.min(performance.now() + this.#options.requestTimeout, latest);
    await this.#backInTime(confirmed);
    const delivered = this.#lifecycle.state === "open" && (await this.#delivered(confirmed));
    this.#lifecycle.end(undefined, delivered ? PATIENCE : 0);
  }

  /** Waits for the next connection, which sends what was published while there was none. */
  async #backInTime(latest: number): Promise<void> {
    const { state } = this.#lifecycle;
    if (state !== "reconnecting" || this.#parts.writeLoop.waitingMessages === 0) return;
    this.#lifecycle.dialler.hurry();
    await inTime(this.#lifecycle.opening, timeLeft(latest));
  }

  /**
   * @param latest `performance.now()` up to which to wait.
   * @returns `true` if the server has confirmed everything that was published.
   */
  async #delivered(latest: number): Promise<boolean> {
    const { writeLoop, pings } = this.#parts;
    return !writeLoop.unconfirmed || pings.answered(timeLeft(latest));
  }
}

function timeLeft(latest: number): number {
  return Math.max(latest - performance.now(), 0);
}
