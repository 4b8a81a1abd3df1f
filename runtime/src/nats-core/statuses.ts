import { QueuedIteratorImpl, type Status } from "@nats-io/nats-core/internal";

/** Tells all who asked for the status. */
export class Statuses {
  readonly #listeners = new Set<QueuedIteratorImpl<Status>>();
  #closed = false;

  /** @returns What happens from now on, one after the other; `stop()` ends it. */
  listen(): QueuedIteratorImpl<Status> {
    const listener = new QueuedIteratorImpl<Status>();
    if (this.#closed) listener.stop();
    else this.#listeners.add(listener);
    void listener.iterClosed.then(() => this.#listeners.delete(listener));
    return listener;
  }

  /** Whether anybody asked. */
  get heard(): boolean {
    return this.#listeners.size > 0;
  }

  /** Tells of an event. */
  tell(status: Status): void {
    for (const listener of this.#listeners) listener.push(status);
  }

  /** Tells that the connection is closed, and nothing after that. */
  close(): void {
    this.#closed = true;
    this.tell({ type: "close" });
    // Behind what waits, which a loop that is at work would otherwise not get.
    for (const listener of this.#listeners) listener.push(() => listener.stop());
  }
}
