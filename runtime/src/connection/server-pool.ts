import { LONGEST_TIMEOUT } from "../commands/deadline.js";
import { AuthorizationError, type NatsError } from "../errors.js";
import type { ResolvedOptions } from "../nats-options.js";
import { formatServer, parseServer, type ServerAddress } from "../protocol/server-address.js";

/** A server and when it was tried. */
export interface PooledServer {
  readonly address: ServerAddress;
  /** Whether the options name it; others the cluster told of, and may take back. */
  readonly seed: boolean;
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
  | "noRandomize"
  | "reconnectWait"
  | "reconnectJitter"
  | "maxReconnectAttempts"
  | "ignoreAuthErrorAbort"
>;

/** The servers that a connection may use, and the rules by which they are tried again. */
export class ServerPool {
  readonly #policy: ReconnectPolicy;
  #servers: PooledServer[];

  /** @param policy The connection's options. */
  constructor(policy: ReconnectPolicy) {
    this.#policy = policy;
    this.#servers = policy.servers.map((server) => pooled(parseServer(server), true));
    if (!policy.noRandomize) shuffle(this.#servers);
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
   */
  learn(urls: readonly string[], current: ServerAddress): void {
    const told = new Map<string, ServerAddress>();
    for (const url of urls) {
      const { host, port } = parseServer(url);
      const address = { host, port, secure: current.secure };
      told.set(formatServer(address), address);
    }
    const kept = this.#servers.filter(
      ({ seed, address }) => seed || told.has(formatServer(address)),
    );
    const known = new Set(kept.map(({ address }) => formatServer(address)));
    const found = [...told].filter(([name]) => !known.has(name));
    const added = found.map(([, address]) => pooled(address, false));
    if (!this.#policy.noRandomize) shuffle(added);
    this.#servers = [...kept, ...added];
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
   * @returns The server, and when it may be dialled, as `performance.now()` counts.
   */
  next(): { server: PooledServer; notBefore: number } {
    const { reconnectWait, reconnectJitter } = this.#policy;
    const server = this.#servers.reduce((first, other) =>
      other.dialledAt < first.dialledAt ? other : first,
    );
    const pause = Math.min(reconnectWait + Math.random() * reconnectJitter, LONGEST_TIMEOUT);
    return { server, notBefore: server.dialledAt + pause };
  }
}

function pooled(address: ServerAddress, seed: boolean): PooledServer {
  return { address, seed, failures: 0, refusals: 0, dialledAt: Number.NEGATIVE_INFINITY };
}

function shuffle<T>(items: T[]): void {
  for (let i = items.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1));
    [items[i], items[j]] = [items[j]!, items[i]!];
  }
}
