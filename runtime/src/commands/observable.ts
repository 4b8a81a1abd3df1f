import type { NatsMessage } from "./message.js";

/** Observer of messages. An error that a method throws goes to the error handler as a HandlerError. */
export interface NatsObserver<T> {
  /** Receives a message. @param message The message, safe to keep. */
  next?(message: NatsMessage<T>): void;
  /**
   * Receives the failure of the subscription; nothing follows. Without this method the error handler gets it.
   *
   * @param error The error that {@link NatsCommand.subscribe} rejects with, or that ended the subscription
   *   later, for example TimeoutError.
   */
  error?(error: unknown): void;
  /** Called when the subscription has ended; nothing follows. */
  complete?(): void;
}

/** Subscription of one observer. */
export interface NatsObservation {
  /** Ends the subscription: no method of the observer is called after this. Calling it again does nothing. */
  unsubscribe(): void;
}

declare global {
  interface SymbolConstructor {
    readonly observable: symbol;
  }
}

/**
 * Messages as an observable.
 *
 * @see https://github.com/tc39/proposal-observable
 */
export interface NatsObservable<T> {
  /** Gives this observable to libraries that look for `Symbol.observable`. */
  readonly [Symbol.observable]: () => NatsObservable<T>;

  /**
   * Subscribes an observer.
   *
   * @param observer An object with methods, or a function that receives messages.
   * @returns The subscription of this observer.
   * @throws InvalidArgumentError for anything else.
   */
  subscribe(observer: NatsObserver<T> | ((message: NatsMessage<T>) => void)): NatsObservation;
}
