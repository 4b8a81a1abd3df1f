import { shown } from "../arguments.js";
import type {
  NatsCommand,
  NatsMessage,
  NatsObservable,
  NatsObservation,
  NatsObserver,
  SubscribeOptions,
  Subscription,
} from "../commands/nats-command.js";
import { HandlerError, InvalidArgumentError, NatsError } from "../errors.js";
import type { NatsKey } from "../protocol/nats-key.js";
import { errorHandler } from "./error-handler.js";

/** The property in which libraries look for an observable if `Symbol.observable` is not defined. */
const FALLBACK = "@@observable";

/** Observable with a subscription for each observer. */
export class MessageObservable<T> implements NatsObservable<T> {
  declare readonly [Symbol.observable]: () => NatsObservable<T>;

  readonly #nats: NatsCommand;
  readonly #key: NatsKey | string;
  readonly #options: SubscribeOptions<T> | undefined;

  constructor(nats: NatsCommand, key: NatsKey | string, options?: SubscribeOptions<T>) {
    this.#nats = nats;
    this.#key = key;
    this.#options = options;
    // Libraries decide at load time which of the two they use.
    if (Symbol.observable !== undefined) {
      Object.defineProperty(this, Symbol.observable, { value: () => this });
    }
  }

  [FALLBACK](): this {
    return this;
  }

  subscribe(observer: NatsObserver<T> | ((message: NatsMessage<T>) => void)): NatsObservation {
    const watcher: NatsObserver<T> = typeof observer === "function" ? { next: observer } : observer;
    if (typeof watcher !== "object" || watcher === null) {
      throw new InvalidArgumentError(
        `An observer must be an object or a function, not ${shown(watcher)}.`,
      );
    }
    const report = errorHandler(this.#options ?? {}, (error) => this.#nats.report(error));
    let subscription: Subscription | undefined;
    let over = false;
    const end = (tell: () => void): void => {
      if (over) return;
      over = true;
      try {
        tell();
      } catch (cause) {
        report(new HandlerError(String(this.#key), cause, `An observer of "${String(this.#key)}"`));
      }
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
          void made.closed.then((why) =>
            end(() => (why === undefined ? watcher.complete?.() : watcher.error?.(why))),
          );
        },
        (error: unknown) =>
          end(() => {
            if (watcher.error !== undefined) watcher.error(error);
            else if (error instanceof NatsError) report(error);
          }),
      );
    return {
      unsubscribe() {
        over = true;
        subscription?.unsubscribe();
      },
    };
  }
}
