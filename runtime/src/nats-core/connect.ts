import { setTimeout as sleep } from "node:timers/promises";
import {
  type ConnectionOptions,
  type NatsConnection as CoreConnection,
  errors,
  hasWsProtocol,
} from "@nats-io/nats-core/internal";
import { partsOf } from "../connection/parts.js";
import { ConnectionError, type NatsError } from "../errors.js";
import { NatsConnection } from "../nats-connection.js";
import { formatServer } from "../protocol/server-address.js";
import { isServerError } from "./connection-status.js";
import { coreError } from "./errors.js";
import { NatsCoreConnection } from "./nats-core-connection.js";
import { coreOptions, engineOptions, type NodeConnectionOptions, shownOptions } from "./options.js";

const faces = new WeakMap<NatsConnection, NatsCoreConnection>();

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
    if (!known && !face.statusHeard) console.error(error);
  };
  const sinceDialled = (server: string): number => {
    const servers = partsOf(connection)!.lifecycle.pooledServers;
    const found = servers.find(({ address }) => formatServer(address) === server);
    return performance.now() - found!.dialledAt;
  };
  const connection = engine(
    () => new NatsConnection(engineOptions(options, filled, unheard, sinceDialled)),
  );
  const face = faceOf(connection, shownOptions(filled));
  for (;;) {
    try {
      await connection.connect();
      break;
    } catch (error) {
      if (!filled.waitOnFirstConnect) {
        await connection.close();
        throw coreError(error);
      }
      await sleep(filled.reconnectDelayHandler!());
    }
  }
  return face;
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
  const face = faces.get(nats) ?? faceOf(nats, optionsOf(nats));
  try {
    await nats.connect();
  } catch (error) {
    throw coreError(error);
  }
  return face;
}

function optionsOf({ options }: NatsConnection): ConnectionOptions {
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

function faceOf(nats: NatsConnection, options: ConnectionOptions): NatsCoreConnection {
  const face = new NatsCoreConnection(nats, partsOf(nats)!, options);
  faces.set(nats, face);
  return face;
}

function engine<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw errors.InvalidArgumentError.format("options", (error as Error).message, { cause: error });
  }
}
