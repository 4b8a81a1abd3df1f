import { inTime } from "../waiting/deadline.js";
import { closedError, type Lifecycle } from "./lifecycle.js";
import type { Parts } from "./parts.js";

/** Milliseconds that the system has for sending what is left when a connection was closed in good order. */
const PATIENCE = 2_000;

/** Graceful end of a connection: drain and close. */
export class Farewell {
  readonly #lifecycle: Lifecycle;
  readonly #parts: Parts;
  readonly #requestTimeout: number;
  #drained: Promise<void> | undefined;
  #closed: Promise<void> | undefined;

  /**
   * @param lifecycle Life of the connection, which ends here.
   * @param parts Parts of the engine that may still be at work.
   * @param requestTimeout Milliseconds for the server to confirm what was published.
   */
  constructor(lifecycle: Lifecycle, parts: Parts, requestTimeout: number) {
    this.#lifecycle = lifecycle;
    this.#parts = parts;
    this.#requestTimeout = requestTimeout;
  }

  /**
   * Ends all subscriptions when what is under way has arrived, then the connection.
   *
   * @returns Settles when the connection has ended; rejects with ConnectionClosedError after {@link close}.
   */
  drain(): Promise<void> {
    if (this.#lifecycle.closing) return Promise.reject(closedError());
    this.#drained ??= this.#drain();
    return this.#drained;
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

  async #drain(): Promise<void> {
    const { subscriptions, requests } = this.#parts;
    this.#lifecycle.drain(false);
    // Handlers that are at work may still await answers.
    if (this.#lifecycle.state === "open") {
      await subscriptions.drainAll((entry) => requests.owns(entry));
    }
    await this.close();
  }

  async #close(): Promise<void> {
    this.#lifecycle.drain(true);
    if (this.#lifecycle.state === "connecting") await this.#lifecycle.opening.catch(() => {});
    const latest = performance.now() + this.#requestTimeout;
    await this.#backInTime();
    const delivered = this.#lifecycle.state === "open" && (await this.#delivered(latest));
    this.#lifecycle.end(undefined, delivered ? PATIENCE : 0);
  }

  /** Waits for the next connection, which sends what was published while there was none. */
  async #backInTime(): Promise<void> {
    const { state } = this.#lifecycle;
    if (state !== "reconnecting" || this.#parts.writeLoop.waitingMessages === 0) return;
    this.#lifecycle.dialler.hurry();
    await inTime(this.#lifecycle.opening, this.#requestTimeout);
  }

  /**
   * @param latest `performance.now()` up to which to wait.
   * @returns `true` if the server has confirmed everything that was published.
   */
  async #delivered(latest: number): Promise<boolean> {
    const { writeLoop, pings, subscriptions } = this.#parts;
    // The PONG cannot be read while a full queue holds the reading.
    if (this.#lifecycle.gate.held) subscriptions.end(undefined);
    return !writeLoop.unconfirmed || pings.answered(Math.max(latest - performance.now(), 0));
  }
}
