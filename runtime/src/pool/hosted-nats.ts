import type { NatsCommand } from "../commands/nats-command.js";
import { InvalidArgumentError } from "../errors.js";
import { NatsConnection } from "../nats-connection.js";
import { NatsConnectionPool, type NatsPoolOptions } from "./nats-connection-pool.js";
import { NatsShardingConnection } from "./nats-sharding-connection.js";

/**
 * What an application is given: one connection, a pool or shards, by the rules of AlterNats' `AddNats`.
 * Left alone it is one connection.
 */
export interface HostedNatsOptions extends NatsPoolOptions {
  /** How many connections, to each shard where there are some; 1 by default. More than one is a pool. */
  readonly poolSize?: number;
  /** Servers that know nothing of each other: a key's server is found by its hash. Instead of `servers`. */
  readonly shards?: readonly string[];
}

/** What an application is given: a {@link NatsConnection}, a pool or shards. */
export interface HostedNats extends NatsCommand, AsyncDisposable {
  /** As {@link NatsConnection.connect}, of all connections. */
  connect(): Promise<void>;
  /** As {@link NatsConnection.drain}, of all connections. */
  drain(): Promise<void>;
  /** As {@link NatsConnection.close}, of all connections. */
  close(): Promise<void>;
}

/**
 * @param options How many connections to which servers, and how they behave.
 * @returns What the options ask for, not yet connected.
 * @throws InvalidArgumentError naming the option.
 */
export function hostedNats(options: HostedNatsOptions): HostedNats {
  const { poolSize = 1, shards, configureConnection, ...common } = options;
  if (shards !== undefined) {
    if (common.servers !== undefined) {
      throw new InvalidArgumentError(
        'The options "servers" and "shards" exclude each other: the servers of a cluster, or servers that know nothing of each other.',
      );
    }
    return new NatsShardingConnection({
      ...common,
      servers: shards,
      poolSize,
      ...(configureConnection && { configureConnection }),
    });
  }
  if (poolSize !== 1) {
    return new NatsConnectionPool({
      ...common,
      poolSize,
      ...(configureConnection && { configureConnection }),
    });
  }
  const connection = new NatsConnection(common);
  configureConnection?.(connection, 0);
  return connection;
}
