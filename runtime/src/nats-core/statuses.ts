import { QueuedIteratorImpl, type Status } from "@nats-io/nats-core/internal";

/** Distributes status events to all listeners. */
export class Statuses {
  readonly #listeners = new Set<QueuedIteratorImpl<Status>>();
  #closed = false;

  /** @returns All further events in order; `stop()` ends it. */
  listen(): QueuedIteratorImpl<Status> {
    const listener = new QueuedIteratorImpl<Status>();
    if (this.#closed) listener.stop();
    else this.#listeners.add(listener);
    void listener.iterClosed.then(() => this.#listeners.delete(listener));
    return listener;
  }

  /** `true` if there is a listener. */
  get heard(): boolean {
    return this.#listeners.size > 0;
  }

  /** Emits an event. */
  tell(status: Status): void {
    for (const listener of this.#listeners) listener.push(status);
  }

  /** Emits the last event: the connection is closed. */
  close(): void {
    this.#closed = true;
    this.tell({ type: "close" });
    // Queued after waiting events, which a running loop would otherwise not get.
    for (const listener of this.#listeners) listener.push(() => listener.stop());
  }
}
