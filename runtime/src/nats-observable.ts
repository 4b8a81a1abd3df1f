import type { NatsCommand, NatsMessage, SubscribeOptions, Subscription } from "./nats-command.js";
import type { NatsKey } from "./protocol/nats-key.js";

/** Who watches an observable. */
export interface NatsObserver<T> {
  /** A message arrived. */
  next?(message: NatsMessage<T>): void;
  /** The subscription failed; nothing more comes. */
  error?(error: unknown): void;
  /** The subscription has ended; nothing more comes. */
  complete?(): void;
}

/** Ends the watching. */
export interface NatsObservation {
  unsubscribe(): void;
}

declare global {
  interface SymbolConstructor {
    readonly observable: symbol;
  }
}

/** Where libraries look for an observable when nobody has defined `Symbol.observable`. */
const FALLBACK = "@@observable";

/**
 * Messages as an observable.
 *
 * @see https://github.com/tc39/proposal-observable
 */
export class NatsObservable<T> {
  /** Gives this observable to libraries that look for `Symbol.observable`. */
  declare readonly [Symbol.observable]: () => NatsObservable<T>;

  readonly #nats: NatsCommand;
  readonly #key: NatsKey | string;
  readonly #options: SubscribeOptions<T> | undefined;

  /** @internal */
  constructor(nats: NatsCommand, key: NatsKey | string, options?: SubscribeOptions<T>) {
    this.#nats = nats;
    this.#key = key;
    this.#options = options;
    // Libraries decide when they are loaded which of the two they look for.
    if (Symbol.observable !== undefined) {
      Object.defineProperty(this, Symbol.observable, { value: () => this });
    }
  }

  [FALLBACK](): this {
    return this;
  }

  /**
   * Begins to watch.
   *
   * @param observer Methods for what happens, or a function for messages alone.
   */
  subscribe(observer: NatsObserver<T> | ((message: NatsMessage<T>) => void)): NatsObservation {
    const watcher: NatsObserver<T> = typeof observer === "function" ? { next: observer } : observer;
    let subscription: Subscription | undefined;
    let over = false;
    const end = (tell: () => void): void => {
      if (over) return;
      over = true;
      tell();
    };
    this.#nats
      .subscribe<T>(
        this.#key,
        (_, message) => {
          if (!over) watcher.next?.(message);
        },
        this.#options,
      )
      .then(
        (made) => {
          subscription = made;
          if (over) made.unsubscribe();
          void made.closed.then(() => end(() => watcher.complete?.()));
        },
        (error: unknown) => end(() => watcher.error?.(error)),
      );
    return {
      unsubscribe() {
        over = true;
        subscription?.unsubscribe();
      },
    };
  }
}
