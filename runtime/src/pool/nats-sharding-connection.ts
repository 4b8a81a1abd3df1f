import { checkOptions } from "../arguments.js";
import { counted, named } from "../commands/batch.js";
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
import { InvalidArgumentError, InvalidSubjectError, type NatsError } from "../errors.js";
import type { NatsConnection } from "../nats-connection.js";
import { NatsKey } from "../protocol/nats-key.js";
import { NatsConnectionPool, type NatsPoolOptions } from "./nats-connection-pool.js";
import { xxHash32 } from "./xxhash32.js";

/** How shards behave: their servers, and how the pool of each behaves. */
export interface NatsShardingOptions extends NatsPoolOptions {
  /** The servers, in an order that all processes share: the key's place depends on it. */
  readonly servers: string | readonly string[];
}

/**
 * Several servers that know nothing of each other, and a key's server found by its hash: the xxHash32
 * (seed 0) of the key's UTF-16LE bytes, modulo the number of servers, as in AlterNats, so that processes
 * in C# and TypeScript agree. Wildcards are refused, since their messages would be spread over all.
 *
 * ```ts
 * await using shards = new NatsShardingConnection({ servers: ["nats://one:4222", "nats://two:4222"] });
 * await shards.publish("room.17.chat", { text: "hello" });
 * ```
 */
export class NatsShardingConnection implements NatsCommand, AsyncDisposable {
  readonly #pools: readonly NatsConnectionPool[];

  /**
   * @param options The servers, the size of the pool for each (one by default), and the options of all
   *   connections.
   * @throws InvalidArgumentError naming the option.
   */
  constructor(options: NatsShardingOptions) {
    checkOptions(options);
    const { servers, poolSize = 1, ...common } = options;
    const list = typeof servers === "string" ? servers.split(",") : servers;
    if (!Array.isArray(list) || list.length === 0) {
      throw new InvalidArgumentError('The option "servers" must name at least one server.');
    }
    this.#pools = list.map(
      (server: string) => new NatsConnectionPool({ ...common, poolSize, servers: server }),
    );
  }

  /** @returns All connections to all servers. */
  getConnections(): readonly NatsConnection[] {
    return this.#pools.flatMap((pool) => pool.getConnections());
  }

  /**
   * @param key The key, without wildcards.
   * @returns The commands of a connection to the key's server.
   * @throws InvalidSubjectError for a wildcard.
   */
  getCommand(key: NatsKey | string): NatsCommand {
    const { subject, wildcard } = key instanceof NatsKey ? key : new NatsKey(key);
    if (wildcard) {
      throw new InvalidSubjectError(
        `"${subject}" is a wildcard, and its messages lie on all shards. Subscribe to each key, or on each of getConnections().`,
      );
    }
    return this.#pools[xxHash32(subject) % this.#pools.length]!.getConnection();
  }

  /** Connects to all servers. @returns Settles when all are open; rejects as {@link NatsConnection.connect}. */
  async connect(): Promise<void> {
    await Promise.all(this.#pools.map((pool) => pool.connect()));
  }

  /** Drains all connections. @returns As {@link NatsConnection.drain}, for all of them. */
  async drain(): Promise<void> {
    await Promise.all(this.#pools.map((pool) => pool.drain()));
  }

  /** Closes all connections. @returns As {@link NatsConnection.close}, for all of them. */
  async close(): Promise<void> {
    await Promise.all(this.#pools.map((pool) => pool.close()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async publish<T>(
    key: NatsKey | string,
    value?: T,
    options?: PublishWaitOptions<T>,
  ): Promise<void> {
    return this.getCommand(key).publish(key, value, options);
  }

  post<T>(key: NatsKey | string, value?: T, options?: PublishOptions<T>): void {
    this.getCommand(key).post(key, value, options);
  }

  /**
   * Publishes a batch; all or none for each server, not for all servers together.
   *
   * @param items As in {@link NatsCommand.publishBatch}. The `index` of a BatchError counts the items of one server.
   * @param options As there.
   * @returns As there.
   */
  async publishBatch<T>(
    items: Iterable<BatchItem<T>>,
    options?: PublishWaitOptions<T>,
  ): Promise<void> {
    const batches = [...this.#split(items)];
    await Promise.all(batches.map(([command, batch]) => command.publishBatch(batch, options)));
  }

  /**
   * Posts a batch; all or none for each server, not for all servers together.
   *
   * @param items As in {@link NatsCommand.postBatch}. The `index` of a BatchError counts the items of one server.
   * @param options As there.
   */
  postBatch<T>(items: Iterable<BatchItem<T>>, options?: PublishOptions<T>): void {
    for (const [command, batch] of this.#split(items)) command.postBatch(batch, options);
  }

  async subscribe<T>(
    key: NatsKey | string,
    handler: NatsHandler<T>,
    options?: SubscribeOptions<T>,
  ): Promise<Subscription> {
    return this.getCommand(key).subscribe(key, handler, options);
  }

  async respond<Q, R>(
    key: NatsKey | string,
    handler: NatsHandler<Q, R>,
    options?: RespondOptions<Q, R>,
  ): Promise<Subscription> {
    return this.getCommand(key).respond(key, handler, options);
  }

  async request<R, Q = unknown>(
    key: NatsKey | string,
    value?: Q,
    options?: RequestOptions<Q, R>,
  ): Promise<R> {
    return this.getCommand(key).request(key, value, options);
  }

  requestMany<R, Q = unknown>(
    key: NatsKey | string,
    value?: Q,
    options?: RequestManyOptions<Q, R>,
  ): NatsReplies<R> {
    return this.getCommand(key).requestMany(key, value, options);
  }

  messages<T>(key: NatsKey | string, options?: SubscribeOptions<T>): NatsMessages<T> {
    return this.getCommand(key).messages(key, options);
  }

  observe<T>(key: NatsKey | string, options?: SubscribeOptions<T>): NatsObservable<T> {
    return this.getCommand(key).observe(key, options);
  }

  async listen(
    key: NatsKey | string,
    handler: (message: RawMessage) => void,
    options?: ListenOptions,
  ): Promise<Subscription> {
    return this.getCommand(key).listen(key, handler, options);
  }

  createInbox(): string {
    return this.#pools[0]!.createInbox();
  }

  report(error: NatsError): void {
    this.#pools[0]!.report(error);
  }

  /** Writes to every server; see {@link NatsCommand.writeDirect}. */
  writeDirect(protocol: Uint8Array | string, repeat?: number): void {
    for (const pool of this.#pools) pool.writeDirect(protocol, repeat);
  }

  /**
   * Measures the round trip to all servers.
   *
   * @param options As in {@link NatsCommand.ping}.
   * @returns Milliseconds, of the slowest.
   */
  async ping(options?: WaitOptions): Promise<number> {
    return Math.max(...(await Promise.all(this.#pools.map((pool) => pool.ping(options)))));
  }

  /**
   * Waits until all servers have received all that was published before.
   *
   * @param options As in {@link NatsCommand.flush}, for each connection.
   * @returns As there, for all of them.
   */
  async flush(options?: WaitOptions): Promise<void> {
    await Promise.all(this.#pools.map((pool) => pool.flush(options)));
  }

  /** The part of a batch for each server. */
  #split<T>(items: Iterable<BatchItem<T>>): Map<NatsCommand, BatchItem<T>[]> {
    const commands = new Map<number, NatsCommand>();
    const batches = new Map<NatsCommand, BatchItem<T>[]>();
    const place = (item: BatchItem<T>): void => {
      const [key] = item;
      // Who it is for is known before its subject is checked, which the connection does.
      const shard = xxHash32(String(key)) % this.#pools.length;
      const command = commands.get(shard) ?? this.getCommand(key);
      commands.set(shard, command);
      const batch = batches.get(command);
      if (batch === undefined) batches.set(command, [item]);
      else batch.push(item);
    };
    let index = 0;
    for (const item of counted(items)) named(index++, () => place(item));
    return batches;
  }
}
