import { parallelism } from "#platform";
import { checkOptions, shown } from "../arguments.js";
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
} from "../commands/nats-command.js";
import { InvalidArgumentError, type NatsError } from "../errors.js";
import { NatsConnection } from "../nats-connection.js";
import type { NatsOptions } from "../options/nats-options.js";
import type { NatsKey } from "../protocol/nats-key.js";

/** How a pool behaves: its size, and how its connections behave. */
export interface NatsPoolOptions extends NatsOptions {
  /** How many connections; half the cores by default, at least one. */
  readonly poolSize?: number;
  /** Called for each connection when it is made, for example to listen to its events. */
  readonly configureConnection?: (connection: NatsConnection, index: number) => void;
}

/**
 * Several connections that take turns: each command goes to the next one. Between two calls no order is
 * kept; where order matters, take one connection and stay with it.
 *
 * ```ts
 * await using pool = new NatsConnectionPool({ poolSize: 4 });
 * await pool.publish("game.eu-1.chat", { text: "hello" });
 * ```
 */
export class NatsConnectionPool implements NatsCommand, AsyncDisposable {
  readonly #connections: readonly NatsConnection[];
  #next = 0;

  /**
   * @param options The pool's size, and the options of its connections. With a `name`, they are called
   *   `name#0`, `name#1` and so on.
   * @throws InvalidArgumentError naming the option.
   */
  constructor(options: NatsPoolOptions = {}) {
    checkOptions(options);
    const { poolSize = Math.max(1, parallelism() >> 1), configureConnection, ...common } = options;
    if (!Number.isSafeInteger(poolSize) || poolSize < 1) {
      throw new InvalidArgumentError(
        `The option "poolSize" must be a whole number from 1 on, not ${shown(poolSize)}.`,
      );
    }
    if (configureConnection !== undefined && typeof configureConnection !== "function") {
      throw new InvalidArgumentError(
        `The option "configureConnection" must be a function, not ${shown(configureConnection)}.`,
      );
    }
    this.#connections = Array.from({ length: poolSize }, (_, index) => {
      const { name } = common;
      const own = name === undefined ? common : { ...common, name: `${name}#${index}` };
      const connection = new NatsConnection(own);
      configureConnection?.(connection, index);
      return connection;
    });
  }

  /** @returns All connections. */
  getConnections(): readonly NatsConnection[] {
    return this.#connections;
  }

  /** @returns The connection whose turn it is. */
  getConnection(): NatsConnection {
    const connection = this.#connections[this.#next]!;
    this.#next = (this.#next + 1) % this.#connections.length;
    return connection;
  }

  /** @returns The commands of the connection whose turn it is. */
  getCommand(): NatsCommand {
    return this.getConnection();
  }

  /** Connects all connections. @returns Settles when all are open; rejects as {@link NatsConnection.connect}. */
  async connect(): Promise<void> {
    await Promise.all(this.#connections.map((connection) => connection.connect()));
  }

  /** Drains all connections. @returns As {@link NatsConnection.drain}, for all of them. */
  async drain(): Promise<void> {
    await Promise.all(this.#connections.map((connection) => connection.drain()));
  }

  /** Closes all connections. @returns As {@link NatsConnection.close}, for all of them. */
  async close(): Promise<void> {
    await Promise.all(this.#connections.map((connection) => connection.close()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  publish<T>(key: NatsKey | string, value?: T, options?: PublishWaitOptions<T>): Promise<void> {
    return this.getConnection().publish(key, value, options);
  }

  post<T>(key: NatsKey | string, value?: T, options?: PublishOptions<T>): void {
    this.getConnection().post(key, value, options);
  }

  /**
   * Publishes a batch, all of it over the same connection and so in order.
   *
   * @param items As in {@link NatsCommand.publishBatch}.
   * @param options As there.
   * @returns As there.
   */
  publishBatch<T>(items: Iterable<BatchItem<T>>, options?: PublishWaitOptions<T>): Promise<void> {
    return this.getConnection().publishBatch(items, options);
  }

  /**
   * Posts a batch, all of it over the same connection and so in order.
   *
   * @param items As in {@link NatsCommand.postBatch}.
   * @param options As there.
   */
  postBatch<T>(items: Iterable<BatchItem<T>>, options?: PublishOptions<T>): void {
    this.getConnection().postBatch(items, options);
  }

  subscribe<T>(
    key: NatsKey | string,
    handler: NatsHandler<T>,
    options?: SubscribeOptions<T>,
  ): Promise<Subscription> {
    return this.getConnection().subscribe(key, handler, options);
  }

  respond<Q, R>(
    key: NatsKey | string,
    handler: NatsHandler<Q, R>,
    options?: RespondOptions<Q, R>,
  ): Promise<Subscription> {
    return this.getConnection().respond(key, handler, options);
  }

  request<R, Q = unknown>(
    key: NatsKey | string,
    value?: Q,
    options?: RequestOptions<Q, R>,
  ): Promise<R> {
    return this.getConnection().request(key, value, options);
  }

  requestMany<R, Q = unknown>(
    key: NatsKey | string,
    value?: Q,
    options?: RequestManyOptions<Q, R>,
  ): NatsReplies<R> {
    return this.getConnection().requestMany(key, value, options);
  }

  messages<T>(key: NatsKey | string, options?: SubscribeOptions<T>): NatsMessages<T> {
    return this.getConnection().messages(key, options);
  }

  observe<T>(key: NatsKey | string, options?: SubscribeOptions<T>): NatsObservable<T> {
    return this.getConnection().observe(key, options);
  }

  listen(
    key: NatsKey | string,
    handler: (message: RawMessage) => void,
    options?: ListenOptions,
  ): Promise<Subscription> {
    return this.getConnection().listen(key, handler, options);
  }

  createInbox(): string {
    return this.#connections[0]!.createInbox();
  }

  report(error: NatsError): void {
    this.#connections[0]!.report(error);
  }

  writeDirect(protocol: Uint8Array | string, repeat?: number): void {
    this.getConnection().writeDirect(protocol, repeat);
  }

  /**
   * Measures the round trip of the connection whose turn it is.
   *
   * @param options As in {@link NatsCommand.ping}.
   * @returns Milliseconds.
   */
  ping(options?: WaitOptions): Promise<number> {
    return this.getConnection().ping(options);
  }

  /**
   * Waits until the servers have received all that was published before, over whichever connection.
   *
   * @param options As in {@link NatsCommand.flush}, for each connection.
   * @returns As there, for all of them.
   */
  async flush(options?: WaitOptions): Promise<void> {
    await Promise.all(this.#connections.map((connection) => connection.flush(options)));
  }
}
