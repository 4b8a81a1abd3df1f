import { setTimeout as sleep } from "node:timers/promises";
import { jetstreamManager } from "@nats-io/jetstream";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import type { Broker } from "../support/broker.js";
import { type Cluster, startCluster } from "../support/cluster.js";
import { STREAMS } from "./streams.js";

/** User information of those who may use the streams; everyone else is in an account without JetStream. */
export const USER = { user: "chaos", pass: "chaos" };

const CONFIG = `
  accounts {
    CHAOS { jetstream: enabled, users: [{ user: ${USER.user}, password: ${USER.pass} }] }
    NOISE { users: [{ user: noise, password: noise }] }
    SYS { users: [{ user: sys, password: sys }] }
  }
  no_auth_user: noise
  system_account: SYS
  lame_duck_duration: "30s"
  lame_duck_grace_period: "1s"`;

/** Part of what a server's monitoring says about JetStream. */
interface JetStreamStatus {
  readonly meta_cluster?: { readonly leader?: string };
  readonly account_details?: readonly { readonly stream_detail?: readonly StreamDetail[] }[];
}

interface StreamDetail {
  readonly name: string;
  readonly cluster?: {
    readonly leader?: string;
    readonly replicas?: readonly { readonly current: boolean; readonly offline?: boolean }[];
  };
}

/** Three servers with the run's streams. */
export class ChaosCluster implements AsyncDisposable {
  readonly brokers: readonly Broker[];
  readonly #cluster: Cluster;

  private constructor(cluster: Cluster) {
    this.#cluster = cluster;
    this.brokers = cluster.brokers;
  }

  /** Starts the servers and creates the streams. */
  static async start(): Promise<ChaosCluster> {
    const cluster = await startCluster(3, CONFIG, {
      // Clients keep to the addresses of their own network.
      routing: "no_advertise: true",
      jetStream: true,
      monitoring: true,
    });
    const chaos = new ChaosCluster(cluster);
    try {
      await chaos.#createStreams();
      return chaos;
    } catch (error) {
      await cluster[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** @returns A connection of the official client, not by way of a client's network. */
  connect(): Promise<NatsConnection> {
    return connect({ servers: this.brokers.map(({ url }) => url), ...USER });
  }

  /** @returns The index of the server that leads a stream; `undefined` while there is none. */
  async leaderOf(stream: string): Promise<number | undefined> {
    const index = (await this.#statuses()).findIndex(
      (status, i) => clusterOf(status, stream)?.leader === `n${i}`,
    );
    return index === -1 ? undefined : index;
  }

  /**
   * Waits until every stream has a leader, and its followers have all that it has.
   *
   * @param limit Milliseconds.
   * @returns Whether that came about within the limit.
   */
  async healthy(limit: number): Promise<boolean> {
    const end = performance.now() + limit;
    while (!(await this.#isHealthy())) {
      if (performance.now() > end) return false;
      await sleep(100);
    }
    return true;
  }

  /** Lets a stream's leader give up its office. */
  async stepDown(stream: string): Promise<void> {
    const admin = await this.connect();
    try {
      await admin.request(`$JS.API.STREAM.LEADER.STEPDOWN.${stream}`, "", { timeout: 3_000 });
    } finally {
      await admin.close();
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#cluster[Symbol.asyncDispose]();
  }

  async #createStreams(): Promise<void> {
    while ((await this.#statuses()).some((status) => !status?.meta_cluster?.leader)) {
      await sleep(100);
    }
    const admin = await this.connect();
    const manager = await jetstreamManager(admin, { timeout: 10_000 });
    for (const { name, prefix } of STREAMS) {
      await manager.streams.add({ name, subjects: [`${prefix}*`], num_replicas: 3 });
    }
    await admin.close();
    if (!(await this.healthy(20_000))) throw new Error("The cluster's streams do not get ready.");
  }

  async #isHealthy(): Promise<boolean> {
    const statuses = await this.#statuses();
    if (statuses.some((status) => !status?.meta_cluster?.leader)) return false;
    return STREAMS.every(({ name }) =>
      statuses.some((status, i) => {
        // Only the leader knows how far the others are.
        const cluster = clusterOf(status, name);
        if (cluster?.leader !== `n${i}`) return false;
        const { replicas = [] } = cluster;
        return replicas.length === 2 && replicas.every((one) => one.current && !one.offline);
      }),
    );
  }

  /** @returns What each server says; `undefined` for one that does not answer. */
  #statuses(): Promise<(JetStreamStatus | undefined)[]> {
    return Promise.all(
      this.brokers.map(async ({ monitoringUrl }) => {
        try {
          const answer = await fetch(`${monitoringUrl}/jsz?acc=CHAOS&streams=true`, {
            signal: AbortSignal.timeout(500),
          });
          return (await answer.json()) as JetStreamStatus;
        } catch {
          return undefined;
        }
      }),
    );
  }
}

function clusterOf(status: JetStreamStatus | undefined, stream: string): StreamDetail["cluster"] {
  const streams = status?.account_details?.[0]?.stream_detail;
  return streams?.find(({ name }) => name === stream)?.cluster;
}
