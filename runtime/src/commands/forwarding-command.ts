import type { NatsError } from "../errors.js";
import type { NatsKey } from "../protocol/nats-key.js";
import { failedCall } from "../waiting/call.js";
import type {
  BatchItem,
  ListenOptions,
  NatsCommand,
  NatsHandler,
  NatsMessages,
  NatsObservable,
  NatsReplies,
  PublishOptions,
  PublishWaitOptions,
  RawMessage,
  RequestManyOptions,
  RequestOptions,
  RespondOptions,
  SubscribeOptions,
  Subscription,
  WaitOptions,
} from "./nats-command.js";

/**
 * Base of classes that forward each command to another object. A subclass chooses the object, and overrides
 * the commands that it changes.
 *
 * Hot: `publish`, `post` and `request` add one call to a message and allocate nothing.
 */
export abstract class ForwardingCommand implements NatsCommand {
  /**
   * Chooses the object that executes a command.
   *
   * @param key Subject of the command; none for a batch and for commands without a subject.
   * @throws InvalidSubjectError for a subject that cannot be forwarded.
   */
  protected abstract commandFor(key?: NatsKey | string): NatsCommand;

  publish<T>(key: NatsKey | string, value?: T, options?: PublishWaitOptions<T>): Promise<void> {
    try {
      return this.commandFor(key).publish(key, value, options);
    } catch (error) {
      return failedCall(error, this);
    }
  }

  post<T>(key: NatsKey | string, value?: T, options?: PublishOptions<T>): void {
    this.commandFor(key).post(key, value, options);
  }

  publishBatch<T>(items: Iterable<BatchItem<T>>, options?: PublishWaitOptions<T>): Promise<void> {
    return this.commandFor().publishBatch(items, options);
  }

  postBatch<T>(items: Iterable<BatchItem<T>>, options?: PublishOptions<T>): void {
    this.commandFor().postBatch(items, options);
  }

  subscribe<T>(
    key: NatsKey | string,
    handler: NatsHandler<T>,
    options?: SubscribeOptions<T>,
  ): Promise<Subscription> {
    try {
      return this.commandFor(key).subscribe(key, handler, options);
    } catch (error) {
      return failedCall(error, this);
    }
  }

  respond<Q, R>(
    key: NatsKey | string,
    handler: NatsHandler<Q, R>,
    options?: RespondOptions<Q, R>,
  ): Promise<Subscription> {
    try {
      return this.commandFor(key).respond(key, handler, options);
    } catch (error) {
      return failedCall(error, this);
    }
  }

  request<R, Q = unknown>(
    key: NatsKey | string,
    value?: Q,
    options?: RequestOptions<Q, R>,
  ): Promise<R> {
    try {
      return this.commandFor(key).request(key, value, options);
    } catch (error) {
      return failedCall(error, this);
    }
  }

  requestMany<R, Q = unknown>(
    key: NatsKey | string,
    value?: Q,
    options?: RequestManyOptions<Q, R>,
  ): NatsReplies<R> {
    return this.commandFor(key).requestMany(key, value, options);
  }

  messages<T>(key: NatsKey | string, options?: SubscribeOptions<T>): NatsMessages<T> {
    return this.commandFor(key).messages(key, options);
  }

  observe<T>(key: NatsKey | string, options?: SubscribeOptions<T>): NatsObservable<T> {
    return this.commandFor(key).observe(key, options);
  }

  listen(
    key: NatsKey | string,
    handler: (message: RawMessage) => void,
    options?: ListenOptions,
  ): Promise<Subscription> {
    try {
      return this.commandFor(key).listen(key, handler, options);
    } catch (error) {
      return failedCall(error, this);
    }
  }

  createInbox(): string {
    return this.commandFor().createInbox();
  }

  report(error: NatsError): void {
    this.commandFor().report(error);
  }

  writeDirect(protocol: Uint8Array | string, repeat?: number): void {
    this.commandFor().writeDirect(protocol, repeat);
  }

  ping(options?: WaitOptions): Promise<number> {
    return this.commandFor().ping(options);
  }

  flush(options?: WaitOptions): Promise<void> {
    return this.commandFor().flush(options);
  }
}
