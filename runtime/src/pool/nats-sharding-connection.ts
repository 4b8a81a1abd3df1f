import { checkOptions } from "../arguments.js";
import { counted, named } from "../commands/batch.js";
import type {
  BatchItem,
  NatsCommand,
  PublishOptions,
  PublishWaitOptions,
  WaitOptions,
} from "../commands/nats-command.js";
import { InvalidArgumentError, InvalidSubjectError } from "../errors.js";
import type { NatsConnection } from "../nats-connection.js";
import { NatsKey } from "../protocol/nats-key.js";
import { callOf } from "../waiting/call.js";
import { ConnectionGroup } from "./connection-group.js";
import { NatsConnectionPool, type NatsPoolOptions } from "./nats-connection-pool.js";
import { xxHash32 } from "./xxhash32.js";

/** Options of shards: their servers, and the options of the pool for each. */
export interface NatsShardingOptions extends NatsPoolOptions {
  /** Servers in an order that all processes share: it decides the server of a key. */
  readonly servers: string | readonly string[];
}

/**
 * Several independent servers; the hash of a key selects its server. The hash is the xxHash32 (seed 0) of the
 * key's UTF-16LE bytes, modulo the number of servers, as in AlterNats, so that processes in C# and TypeScript
 * agree. Wildcards are refused: their messages would be spread over all servers.
 *
 * ```ts
 * await using shards = new NatsShardingConnection({ servers: ["nats://one:4222", "nats://two:4222"] });
 * await shards.publish("room.17.chat", { text: "hello" });
 * ```
 */
export class NatsShardingConnection extends ConnectionGroup {
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
    const pools = list.map(
      (server: string) => new NatsConnectionPool({ ...common, poolSize, servers: server }),
    );
    super(pools);
    this.#pools = pools;
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
        `"${subject}" has wildcards, and its messages are on all shards. Subscribe to each key, or on each connection of getConnections().`,
      );
    }
    return this.#pools[xxHash32(subject) % this.#pools.length]!.getConnection();
  }

  /**
   * Publishes a batch; all or none for each server, not for all servers together.
   *
   * @param items As in {@link NatsCommand.publishBatch}. The `index` of a BatchError counts the items of one server.
   * @param options As there.
   * @returns As there.
   */
  override publishBatch<T>(
    items: Iterable<BatchItem<T>>,
    options?: PublishWaitOptions<T>,
  ): Promise<void> {
    return callOf(async () => {
      const batches = [...this.#split(items)];
      await Promise.all(batches.map(([command, batch]) => command.publishBatch(batch, options)));
    }, this);
  }

  /**
   * Posts a batch; all or none for each server, not for all servers together.
   *
   * @param items As in {@link NatsCommand.postBatch}. The `index` of a BatchError counts the items of one server.
   * @param options As there.
   */
  override postBatch<T>(items: Iterable<BatchItem<T>>, options?: PublishOptions<T>): void {
    for (const [command, batch] of this.#split(items)) command.postBatch(batch, options);
  }

  /** Writes to one connection of each server; see {@link NatsCommand.writeDirect}. */
  override writeDirect(protocol: Uint8Array | string, repeat?: number): void {
    for (const pool of this.#pools) pool.writeDirect(protocol, repeat);
  }

  /**
   * Measures the round trip to all servers.
   *
   * @param options As in {@link NatsCommand.ping}.
   * @returns Milliseconds, of the slowest.
   */
  override ping(options?: WaitOptions): Promise<number> {
    return callOf(async () => {
      const times = await Promise.all(this.#pools.map((pool) => pool.ping(options)));
      return Math.max(...times);
    }, this);
  }

  /** Forwards commands without a subject to the first server. */
  protected override commandFor(key?: NatsKey | string): NatsCommand {
    return key === undefined ? this.#pools[0]! : this.getCommand(key);
  }

  /** @returns The part of a batch for each server. */
  #split<T>(items: Iterable<BatchItem<T>>): Map<NatsCommand, BatchItem<T>[]> {
    const commands = new Map<number, NatsCommand>();
    const batches = new Map<NatsCommand, BatchItem<T>[]>();
    const place = (item: BatchItem<T>): void => {
      const [key] = item;
      // The connection checks the subject later.
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
