import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { connect } from "@nats-io/transport-node";
import { type Broker, type BrokerOptions, startBroker } from "./broker.js";

/** Options of a cluster and its servers. */
export interface ClusterOptions extends Omit<BrokerOptions, "config"> {
  /** Further lines of the block `cluster` in the servers' configuration. */
  readonly routing?: string;
}

/**
 * Starts a cluster and waits until each server knows all others.
 *
 * @param size Number of servers.
 * @param more Further lines of their configuration.
 * @param options Options of the cluster and its servers.
 */
export async function startCluster(
  size: number,
  more = "",
  { routing = "", ...options }: ClusterOptions = {},
): Promise<Cluster> {
  const ports = await freePorts(size);
  const routes = ports.map((port) => `"nats-route://127.0.0.1:${port}"`).join(", ");
  const brokers = await Promise.all(
    ports.map((port, i) =>
      startBroker({
        ...options,
        config: `server_name: n${i}
          cluster { name: faults, listen: "127.0.0.1:${port}", routes: [${routes}], ${routing} }
          ${more}`,
      }),
    ),
  );
  const cluster = new Cluster(brokers);
  await cluster.joined();
  return cluster;
}

/** Servers that know each other. Made by {@link startCluster}. */
export class Cluster implements AsyncDisposable {
  readonly brokers: readonly Broker[];

  constructor(brokers: readonly Broker[]) {
    this.brokers = brokers;
  }

  /** @returns Settles when all servers are there and pass messages to each other. */
  async joined(): Promise<void> {
    const clients = await Promise.all(
      this.brokers.map(({ url }) => connect({ servers: url, ignoreClusterUpdates: true })),
    );
    for (const [i, one] of clients.entries()) {
      one.subscribe("joined.*", { callback: (_, message) => void message.respond(`${i}`) });
    }
    const all = async (asking: (typeof clients)[number]) => {
      for (;;) {
        // Interest travels between servers: asked again until everybody has answered.
        const answers = new Set<string>();
        const replies = await asking.requestMany("joined.now", "", {
          strategy: "count",
          maxMessages: clients.length,
          maxWait: 100,
        });
        for await (const reply of replies) answers.add(reply.string());
        if (answers.size === clients.length) return;
      }
    };
    await Promise.all(clients.map((client) => client.flush()));
    await Promise.all(clients.map(all));
    await Promise.all(clients.map((client) => client.close()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.brokers.map((broker) => broker[Symbol.asyncDispose]()));
  }
}

/** Ports that nobody uses; a server must know those of the others before they are started. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => server.listening || once(server, "listening")));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), "close")));
  return ports;
}
