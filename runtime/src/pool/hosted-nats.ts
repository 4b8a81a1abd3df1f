import { InvalidArgumentError } from "../errors.js";
import { NatsConnection } from "../nats-connection.js";
import type { HostedNats } from "./connection-group.js";
import { NatsConnectionPool, type NatsPoolOptions } from "./nats-connection-pool.js";
import { NatsShardingConnection } from "./nats-sharding-connection.js";

/** Options that choose one connection (the default), a pool or shards, by the rules of AlterNats' `AddNats`. */
export interface HostedNatsOptions extends NatsPoolOptions {
  /** Number of connections, or of connections to each shard; 1 by default. More than one is a pool. */
  readonly poolSize?: number;
  /** Independent servers, instead of `servers`; the hash of a key selects its server. */
  readonly shards?: readonly string[];
}

/**
 * Creates a connection, a pool or shards.
 *
 * @param options Number of connections, servers, and the options of all connections.
 * @returns The connection, pool or shards, not yet connected.
 * @throws InvalidArgumentError naming the option.
 */
export function hostedNats(options: HostedNatsOptions): HostedNats {
  const { poolSize = 1, shards, configureConnection, ...common } = options;
  if (shards !== undefined) {
    if (common.servers !== undefined) {
      throw new InvalidArgumentError(
        'The options "servers" and "shards" exclude each other: use "servers" for a cluster, and "shards" for independent servers.',
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
