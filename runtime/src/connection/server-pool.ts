import { AuthorizationError, HandlerError, type NatsError } from "../errors.js";
import type { ResolvedOptions } from "../options/nats-options.js";
import {
  formatServer,
  parseServer,
  parseTold,
  type ServerAddress,
} from "../protocol/server-address.js";
import { shuffle } from "../transport/shuffle.js";
import { LONGEST_TIMEOUT } from "../waiting/deadline.js";

/** A server and its history. */
export interface PooledServer {
  readonly address: ServerAddress;
  /** `true` if the options name it; others were learned from the cluster, which may withdraw them. */
  seed: boolean;
  /** Number of failures since it was last used. */
  failures: number;
  /** Number of times in a row that it refused the credentials. */
  refusals: number;
  /** `performance.now()` when it was last dialled. */
  dialledAt: number;
}

/** Options about the attempts to connect. */
export type ReconnectPolicy = Pick<
  ResolvedOptions,
  | "servers"
  | "tls"
  | "noRandomize"
  | "ignoreClusterUpdates"
  | "reconnectWait"
  | "reconnectWaitMax"
  | "reconnectJitter"
  | "reconnectJitterTls"
  | "reconnectDelay"
  | "maxReconnectAttempts"
  | "ignoreAuthErrorAbort"
>;

/** Change of the addresses learned from the cluster. */
export interface ServersChange {
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

/** Servers that a connection may use, and the rules for their order and pace. */
export class ServerPool {
  readonly #policy: ReconnectPolicy;
  readonly #report: (error: NatsError) => void;
  #servers: PooledServer[] = [];
  /** Times of the last two dials, the older one first. */
  #dials: [number, number] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];

  /**
   * @param policy Options of the connection.
   * @param report Reports a failure of `reconnectDelay`.
   */
  constructor(policy: ReconnectPolicy, report: (error: NatsError) => void) {
    this.#policy = policy;
    this.#report = report;
    this.set(policy.servers);
  }

  /** Addresses of all servers. */
  get names(): readonly string[] {
    return this.#servers.map(({ address }) => formatServer(address));
  }

  /** Replaces all servers. Servers that stay keep their history. */
  set(servers: readonly string[]): void {
    const known = new Map(this.#servers.map((server) => [formatServer(server.address), server]));
    this.#servers = servers.map((name) => known.get(name) ?? pooled(parseServer(name), true));
    for (const server of this.#servers) server.seed = true;
    if (!this.#policy.noRandomize) shuffle(this.#servers);
  }

  /** All servers, in the order of attempts. */
  get servers(): readonly PooledServer[] {
    return this.#servers;
  }

  /**
   * Learns the servers of the cluster. Servers of the options stay.
   *
   * @param urls Addresses, `host:port`.
   * @param current The server in use; learned servers are used with the same transport and encryption.
   * @returns The change.
   */
  learn(urls: readonly string[], current: ServerAddress): ServersChange {
    if (this.#policy.ignoreClusterUpdates) return { added: [], removed: [] };
    const told = new Map<string, ServerAddress>();
    for (const url of urls) {
      const address = parseTold(url, current);
      told.set(formatServer(address), address);
    }
    const kept = this.#servers.filter(
      ({ seed, address }) => seed || told.has(formatServer(address)),
    );
    const removed = this.#servers.filter((server) => !kept.includes(server));
    const known = new Set(kept.map(({ address }) => formatServer(address)));
    const found = [...told].filter(([name]) => !known.has(name));
    const added = found.map(([, address]) => pooled(address, false));
    if (!this.#policy.noRandomize) shuffle(added);
    this.#servers = [...kept, ...added];
    return {
      added: found.map(([name]) => name),
      removed: removed.map(({ address }) => formatServer(address)),
    };
  }

  /** Notes that a server is dialled. */
  dialled(server: PooledServer): void {
    server.dialledAt = performance.now();
    this.#dials = [this.#dials[1], server.dialledAt];
  }

  /** Notes that a server accepted the connection. */
  opened(server: PooledServer): void {
    server.failures = 0;
    server.refusals = 0;
  }

  /**
   * Notes that a server did not accept the connection.
   *
   * @returns The error that ends the attempts; `undefined` to continue.
   */
  failed(server: PooledServer, failure: NatsError): NatsError | undefined {
    const { maxReconnectAttempts, ignoreAuthErrorAbort } = this.#policy;
    server.failures++;
    server.refusals = failure instanceof AuthorizationError ? server.refusals + 1 : 0;
    if (server.refusals >= 2 && !ignoreAuthErrorAbort) return failure;
    if (maxReconnectAttempts < 0 || server.failures < maxReconnectAttempts) return undefined;
    this.#servers = this.#servers.filter((one) => one !== server);
    return this.#servers.length === 0 ? failure : undefined;
  }

  /**
   * Chooses the next server: the one that was last dialled the longest time ago.
   *
   * @returns The server, and the milliseconds to wait before it is dialled.
   */
  next(): { server: PooledServer; delay: number } {
    const server = this.#servers.reduce((first, other) =>
      other.dialledAt < first.dialledAt ? other : first,
    );
    return { server, delay: this.#askedDelay(server) ?? this.#delay(server) };
  }

  /**
   * @returns Milliseconds to wait: they grow with the failures of the server, and count from its last dial and from
   *   the last but one of all.
   */
  #delay({ address, failures, dialledAt }: PooledServer): number {
    const { tls, reconnectWait, reconnectWaitMax, reconnectJitter, reconnectJitterTls } =
      this.#policy;
    const grown = reconnectWait * 2 ** Math.min(Math.max(failures - 1, 0), 30);
    const wait = Math.min(grown, Math.max(reconnectWait, reconnectWaitMax));
    const jitter = tls != null || address.secure ? reconnectJitterTls : reconnectJitter;
    const random = Math.random() * jitter;
    const next = Math.max(dialledAt + wait + random, this.#dials[0] + 2 * reconnectWait + random);
    // Timers count whole milliseconds, and round down.
    return Math.min(Math.max(0, Math.ceil(next - performance.now())), LONGEST_TIMEOUT);
  }

  /** @returns Milliseconds of the option `reconnectDelay`; its failure must not end the reconnecting. */
  #askedDelay({ address, failures }: PooledServer): number | undefined {
    const { reconnectDelay } = this.#policy;
    if (reconnectDelay === undefined) return undefined;
    try {
      const delay: unknown = reconnectDelay(failures + 1, formatServer(address));
      if (typeof delay === "number" && delay >= 0) return Math.min(delay, LONGEST_TIMEOUT);
      throw new TypeError(`expected milliseconds from 0 on, got ${String(delay)}`);
    } catch (cause) {
      this.#report(new HandlerError("", cause, "The option reconnectDelay"));
      return undefined;
    }
  }
}

function pooled(address: ServerAddress, seed: boolean): PooledServer {
  return { address, seed, failures: 0, refusals: 0, dialledAt: Number.NEGATIVE_INFINITY };
}
