import type {
  NatsCommand,
  NatsMessage,
  NatsObservable,
  NatsObserver,
  SubscribeOptions,
  Subscription,
} from "./nats-command.js";
import type { NatsKey } from "./protocol/nats-key.js";

/** Where libraries look for an observable when nobody has defined `Symbol.observable`. */
const FALLBACK = "@@observable";

/** A subscription for each observer. */
export class MessageObservable<T> implements NatsObservable<T> {
  declare readonly [Symbol.observable]: () => NatsObservable<T>;

  readonly #nats: NatsCommand;
  readonly #key: NatsKey | string;
  readonly #options: SubscribeOptions<T> | undefined;

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

  subscribe(observer: NatsObserver<T> | ((message: NatsMessage<T>) => void)): {
    unsubscribe(): void;
  } {
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
