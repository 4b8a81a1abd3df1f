import { setTimeout as sleep } from "node:timers/promises";
import { jetstreamManager } from "@nats-io/jetstream";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import type { Broker } from "../support/broker.js";
import { type Cluster, startCluster } from "../support/cluster.js";
import { STREAMS } from "./streams.js";

/** User of the account that has the streams; clients without a user are in an account without JetStream. */
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

/** Part of the JetStream status in a server's monitoring. */
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

/** Cluster of three servers with the streams of the run. */
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
      // Clients must stay within their own network.
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

  /** @returns A connection of the official client that no network fault affects. */
  connect(): Promise<NatsConnection> {
    return connect({ servers: this.brokers.map(({ url }) => url), ...USER });
  }

  /** @returns The index of the stream's leader; `undefined` while there is no leader. */
  async leaderOf(stream: string): Promise<number | undefined> {
    const index = (await this.#statuses()).findIndex(
      (status, i) => clusterOf(status, stream)?.leader === `n${i}`,
    );
    return index === -1 ? undefined : index;
  }

  /**
   * Waits until every stream has a leader, and its followers are up to date.
   *
   * @param limit Milliseconds.
   * @returns `false` when the limit is over first.
   */
  async healthy(limit: number): Promise<boolean> {
    const end = performance.now() + limit;
    while (!(await this.#isHealthy())) {
      if (performance.now() > end) return false;
      await sleep(100);
    }
    return true;
  }

  /** Makes a stream's leader step down. */
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
        // Only the leader knows the progress of the others.
        const cluster = clusterOf(status, name);
        if (cluster?.leader !== `n${i}`) return false;
        const { replicas = [] } = cluster;
        return replicas.length === 2 && replicas.every((one) => one.current && !one.offline);
      }),
    );
  }

  /** @returns The status of each server; `undefined` for a server that does not answer. */
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
