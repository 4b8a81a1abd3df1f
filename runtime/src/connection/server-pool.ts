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

/** A server and when it was tried. */
export interface PooledServer {
  readonly address: ServerAddress;
  /** Whether the options name it; others the cluster told of, and may take back. */
  seed: boolean;
  /** How often it failed since it was used last. */
  failures: number;
  /** How often it refused the credentials, one after the other. */
  refusals: number;
  /** `performance.now()` when it was dialled last. */
  dialledAt: number;
}

/** The options that say how servers are tried. */
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

/** What a cluster told anew: addresses. */
export interface ServersChange {
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

/** The servers that a connection may use, and the rules by which they are tried again. */
export class ServerPool {
  readonly #policy: ReconnectPolicy;
  readonly #report: (error: NatsError) => void;
  #servers: PooledServer[] = [];

  /**
   * @param policy The connection's options.
   * @param report Told when `reconnectDelay` fails.
   */
  constructor(policy: ReconnectPolicy, report: (error: NatsError) => void) {
    this.#policy = policy;
    this.#report = report;
    this.set(policy.servers);
  }

  /** The addresses of all of them. */
  get names(): readonly string[] {
    return this.#servers.map(({ address }) => formatServer(address));
  }

  /** Replaces all servers. What is known of those that stay is kept. */
  set(servers: readonly string[]): void {
    const known = new Map(this.#servers.map((server) => [formatServer(server.address), server]));
    this.#servers = servers.map((name) => known.get(name) ?? pooled(parseServer(name), true));
    for (const server of this.#servers) server.seed = true;
    if (!this.#policy.noRandomize) shuffle(this.#servers);
  }

  /** All of them, in the order in which they are tried. */
  get servers(): readonly PooledServer[] {
    return this.#servers;
  }

  /**
   * The cluster told which servers it has. Seeds stay, whatever it says.
   *
   * @param urls Addresses, `host:port`.
   * @param current The server in use; what is learned is used in the same way.
   * @returns What is new by this.
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

  /** The server is being dialled. */
  dialled(server: PooledServer): void {
    server.dialledAt = performance.now();
  }

  /** The server accepted the connection. */
  opened(server: PooledServer): void {
    server.failures = 0;
    server.refusals = 0;
  }

  /**
   * The server did not accept the connection.
   *
   * @returns Why no more attempts are to be made; `undefined` to go on.
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
   * The server whose turn it is: the one that was not dialled for longest.
   *
   * @returns The server, and the milliseconds to wait before it is dialled.
   */
  next(): { server: PooledServer; delay: number } {
    const server = this.#servers.reduce((first, other) =>
      other.dialledAt < first.dialledAt ? other : first,
    );
    return { server, delay: this.#askedDelay(server) ?? this.#delay(server) };
  }

  /** It grows with the failures of the server, and counts from when that was dialled. */
  #delay({ address, failures, dialledAt }: PooledServer): number {
    const { tls, reconnectWait, reconnectWaitMax, reconnectJitter, reconnectJitterTls } =
      this.#policy;
    const grown = reconnectWait * 2 ** Math.min(Math.max(failures - 1, 0), 30);
    const wait = Math.min(grown, Math.max(reconnectWait, reconnectWaitMax));
    const jitter = tls != null || address.secure ? reconnectJitterTls : reconnectJitter;
    const delay = Math.min(wait + Math.random() * jitter, LONGEST_TIMEOUT);
    return Math.max(0, dialledAt + delay - performance.now());
  }

  /** What the option `reconnectDelay` says; a failure of it must not end the reconnecting. */
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
