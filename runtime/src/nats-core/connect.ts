import { setTimeout as sleep } from "node:timers/promises";
import {
  type ConnectionOptions,
  type NatsConnection as CoreConnection,
  errors,
  hasWsProtocol,
} from "@nats-io/nats-core/internal";
import { Engine } from "../connection/engine.js";
import { ConnectionError, type NatsError } from "../errors.js";
import { engineOf, NatsConnection } from "../nats-connection.js";
import type { NatsOptions } from "../options/nats-options.js";
import { formatServer } from "../protocol/server-address.js";
import { isServerError } from "./connection-status.js";
import { coreError } from "./errors.js";
import { NatsCoreConnection } from "./nats-core-connection.js";
import { coreOptions, engineOptions, type NodeConnectionOptions, shownOptions } from "./options.js";

/** One object of this API for each engine. */
const connections = new WeakMap<Engine, NatsCoreConnection>();

/**
 * Connects as `connect` of `@nats-io/transport-node` does, with the engine of this package.
 *
 * ```ts
 * import { connect } from "alternats/nats-core";
 * import { jetstream } from "@nats-io/jetstream";
 *
 * const nc = await connect({ servers: "localhost:4222" });
 * await jetstream(nc).publish("orders.new", "1");
 * ```
 *
 * @param options The options of the official `connect`.
 * @returns The connection, once a server has accepted it. Rejects with the errors of
 * `@nats-io/nats-core`.
 */
export async function connect(options: NodeConnectionOptions = {}): Promise<CoreConnection> {
  if (hasWsProtocol(options as ConnectionOptions)) {
    throw errors.InvalidArgumentError.format(
      "servers",
      "node client doesn't support websockets, use the 'wsconnect' function instead",
    );
  }
  const filled = coreOptions(options);
  // The official client does not print the server's errors either; the status and closed() report
  // them.
  const unheard = (error: NatsError): void => {
    const known = isServerError(error) || error instanceof ConnectionError;
    if (!known && !connection.statusHeard) console.error(error);
  };
  const sinceDialled = (server: string): number => {
    const found = engine.lifecycle.dialler.pooled.find(
      ({ address }) => formatServer(address) === server,
    );
    return performance.now() - found!.dialledAt;
  };
  const engine = makeEngine(engineOptions(options, filled, unheard, sinceDialled));
  const connection = connectionOf(engine, shownOptions(filled));
  for (;;) {
    try {
      await engine.lifecycle.open();
      break;
    } catch (error) {
      if (!filled.waitOnFirstConnect) {
        await engine.farewell.close();
        throw coreError(error);
      }
      await sleep(filled.reconnectDelayHandler!());
    }
  }
  return connection;
}

/**
 * Gives a connection of the engine the interface of `@nats-io/nats-core`, for `@nats-io/jetstream`
 * and related packages. Both interfaces share the connection.
 *
 * ```ts
 * const nats = new NatsConnection();
 * const js = jetstream(await natsCore(nats));
 * ```
 *
 * @param nats The connection.
 * @returns The same object for the same connection, once it is open. Rejects with the errors of
 * `@nats-io/nats-core`.
 */
export async function natsCore(nats: NatsConnection): Promise<CoreConnection> {
  if (!(nats instanceof NatsConnection)) {
    throw errors.InvalidArgumentError.format("nats", "must be a NatsConnection of alternats");
  }
  const engine = engineOf(nats);
  const connection = connections.get(engine) ?? connectionOf(engine, optionsOf(engine));
  try {
    await nats.connect();
  } catch (error) {
    throw coreError(error);
  }
  return connection;
}

function optionsOf({ options }: Engine): ConnectionOptions {
  const { name, inboxPrefix, echo, verbose, pedantic, servers } = options;
  return {
    ...coreOptions({}),
    servers: [...servers],
    noEcho: !echo,
    verbose,
    pedantic,
    inboxPrefix: inboxPrefix.slice(0, -1),
    ...(name !== undefined && { name }),
  };
}

function connectionOf(engine: Engine, options: ConnectionOptions): NatsCoreConnection {
  const connection = new NatsCoreConnection(engine, options);
  connections.set(engine, connection);
  return connection;
}

function makeEngine(options: NatsOptions): Engine {
  try {
    return new Engine(options);
  } catch (error) {
    throw errors.InvalidArgumentError.format("options", (error as Error).message, { cause: error });
  }
}
