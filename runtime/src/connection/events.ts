import { checkFunction } from "../arguments.js";
import type { SlowConsumer } from "../delivery/slow-consumer.js";
import { InvalidArgumentError, type NatsError } from "../errors.js";
import { BoundedIterator } from "../waiting/bounded-iterator.js";
import { isThenable } from "../waiting/thenable.js";

/** Events of a connection by name. Servers are addresses, for example `nats://127.0.0.1:4222`. */
export interface NatsEvents {
  /** A connection is open, the first one or a later one. */
  opened: {
    /** The server's address. */
    readonly server: string;
    /** `true` if a lost connection was replaced. */
    readonly reconnected: boolean;
    /** Number of messages sent on the lost connection that the server may not have received. */
    readonly inDoubt: number;
  };
  /** The connection is lost. Attempts to reconnect follow, unless `maxReconnectAttempts` is 0. */
  disconnected: {
    /** The server's address. */
    readonly server: string;
    /** The reason. */
    readonly error: Error;
    /** Number of messages sent that the server may not have received. */
    readonly inDoubt: number;
  };
  /** An attempt to reconnect begins. */
  reconnecting: {
    /** The server's address. */
    readonly server: string;
    /** Number of the attempt on this server since it was last used, from 1 on. */
    readonly attempt: number;
  };
  /** An attempt to reconnect failed; others follow. */
  reconnectFailed: {
    /** The server's address. */
    readonly server: string;
    /** The reason. */
    readonly error: Error;
  };
  /** The server is about to shut down (lame duck mode). The connection moves to another server, if there is one. */
  lameDuck: {
    /** The server's address. */
    readonly server: string;
  };
  /** The cluster announced new servers, or withdrew some. */
  serversChanged: {
    /** New addresses. */
    readonly added: readonly string[];
    /** Withdrawn addresses. */
    readonly removed: readonly string[];
  };
  /** The server left PINGs unanswered (`maxPingOut`); the connection is given up. */
  staleConnection: {
    /** The server's address. */
    readonly server: string;
    /** Number of unanswered PINGs. */
    readonly unanswered: number;
  };
  /**
   * A bounded queue is full: messages are not taken fast enough. Sent once until the queue is half empty again.
   */
  slowConsumer: SlowConsumer;
  /**
   * An error: every error that `onError` gets, and every `-ERR` of the server, including those that a
   * subscription or a request got.
   */
  error: {
    /** The error. */
    readonly error: NatsError;
  };
  /** The connection has ended for good. The last event. */
  closed: {
    /** The reason, unless the user asked for the end. */
    readonly error: NatsError | undefined;
  };
}

/** An event as one object; `type` is its name. */
export type NatsStatus = {
  readonly [N in keyof NatsEvents]: { readonly type: N } & NatsEvents[N];
}[keyof NatsEvents];

/** Events one after the other: `for await (const event of nats.status())`. Ends after `closed`. */
export interface NatsStatuses extends AsyncIterableIterator<NatsStatus>, AsyncDisposable {
  /** Number of events dropped because the loop was too slow: the oldest of more than 1,024. */
  readonly dropped: number;
}

/** Names of all events. */
const NAMES: ReadonlySet<string> = new Set(
  Object.keys({
    opened: true,
    disconnected: true,
    reconnecting: true,
    reconnectFailed: true,
    lameDuck: true,
    serversChanged: true,
    staleConnection: true,
    slowConsumer: true,
    error: true,
    closed: true,
  } satisfies Record<keyof NatsEvents, true>),
);

type Listener<E> = (event: E) => void;
type AnyListener = (status: NatsStatus) => void;

/** A small typed emitter. */
export class Emitter {
  readonly #listeners = new Map<keyof NatsEvents, Set<Listener<never>>>();
  readonly #all = new Set<AnyListener>();
  readonly #onError: (error: unknown, name: keyof NatsEvents) => void;
  #closed = false;

  /** @param onError Called when a listener fails; the other listeners are still called. */
  constructor(onError: (error: unknown, name: keyof NatsEvents) => void) {
    this.#onError = onError;
  }

  /** Adds a listener. Adding it again does nothing. @throws InvalidArgumentError */
  on<N extends keyof NatsEvents>(name: N, listener: Listener<NatsEvents[N]>): void {
    if (!NAMES.has(name)) {
      const known = [...NAMES].join(", ");
      throw new InvalidArgumentError(
        `There is no event "${String(name)}". The events are ${known}.`,
      );
    }
    checkFunction("listener", listener);
    let listeners = this.#listeners.get(name);
    if (listeners === undefined) {
      listeners = new Set();
      this.#listeners.set(name, listeners);
    }
    listeners.add(listener);
  }

  /** Removes a listener. */
  off<N extends keyof NatsEvents>(name: N, listener: Listener<NatsEvents[N]>): void {
    this.#listeners.get(name)?.delete(listener);
  }

  /** @returns All events from now on. */
  statuses(): NatsStatuses {
    const statuses = new Statuses(() => this.#all.delete(add));
    const add: AnyListener = (status) => statuses.add(status);
    if (this.#closed) statuses.end(undefined);
    else this.#all.add(add);
    return statuses;
  }

  /** Calls all listeners of an event. */
  emit<N extends keyof NatsEvents>(name: N, event: NatsEvents[N]): void {
    this.#closed ||= name === "closed";
    for (const add of [...this.#all]) add({ type: name, ...event } as NatsStatus);
    const listeners = this.#listeners.get(name) as ReadonlySet<Listener<NatsEvents[N]>> | undefined;
    for (const listener of [...(listeners ?? [])]) {
      try {
        const result: unknown = listener(event);
        if (isThenable(result)) {
          result.then(undefined, (error: unknown) => this.#onError(error, name));
        }
      } catch (error) {
        this.#onError(error, name);
      }
    }
  }
}

/** Number of events that may wait for a loop. */
const MOST_STATUSES = 1_024;

class Statuses extends BoundedIterator<NatsStatus> implements NatsStatuses {
  readonly #forget: () => void;

  constructor(forget: () => void) {
    super(MOST_STATUSES, "dropOldest", { hold() {}, release() {}, lost() {} }, () => {}, {
      report() {},
    });
    this.#forget = forget;
  }

  add(status: NatsStatus): void {
    this.push(status);
    if (status.type === "closed") this.end(undefined);
  }

  override end(failure: unknown): void {
    this.#forget();
    super.end(failure);
  }

  protected override stop(): void {}
}
