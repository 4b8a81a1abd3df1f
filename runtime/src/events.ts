/** What a connection tells of itself, by name. */
export interface NatsEvents {
  /** A connection is open, the first one or a later one. */
  opened: {
    /** The server's address. */
    readonly server: string;
    /** Whether there was one before. */
    readonly reconnected: boolean;
    /** Messages handed to the lost connection of which nobody knows whether the server received them. */
    readonly inDoubt: number;
  };
  /** The connection is lost; attempts to reconnect begin. */
  disconnected: {
    /** The server's address. */
    readonly server: string;
    /** Why. */
    readonly error: Error;
  };
  /** An attempt to reconnect failed; others follow. */
  reconnectFailed: {
    /** The server's address. */
    readonly server: string;
    /** Why. */
    readonly error: Error;
  };
}

type Listener<E> = (event: E) => void;

/** A small typed emitter. */
export class Emitter<Events> {
  readonly #listeners = new Map<keyof Events, Set<Listener<never>>>();
  readonly #onError: (error: unknown) => void;

  /** @param onError Gets what a listener throws; the other listeners are called all the same. */
  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  /** Adds a listener. Adding it again does nothing. */
  on<N extends keyof Events>(name: N, listener: Listener<Events[N]>): void {
    let listeners = this.#listeners.get(name);
    if (listeners === undefined) {
      listeners = new Set();
      this.#listeners.set(name, listeners);
    }
    listeners.add(listener);
  }

  /** Removes a listener. */
  off<N extends keyof Events>(name: N, listener: Listener<Events[N]>): void {
    this.#listeners.get(name)?.delete(listener);
  }

  /** Calls all listeners of an event. */
  emit<N extends keyof Events>(name: N, event: Events[N]): void {
    const listeners = this.#listeners.get(name) as ReadonlySet<Listener<Events[N]>> | undefined;
    for (const listener of [...(listeners ?? [])]) {
      try {
        const result: unknown = listener(event);
        if (result instanceof Promise) result.catch(this.#onError);
      } catch (error) {
        this.#onError(error);
      }
    }
  }
}
