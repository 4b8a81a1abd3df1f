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

/** The servers that a connection may use. */
export class ServerPool {
  readonly #randomize: boolean;
  #servers: PooledServer[];

  /**
   * @param servers Addresses, each once.
   * @param randomize Whether the order is shuffled, so that clients spread over the servers.
   */
  constructor(servers: readonly string[], randomize: boolean) {
    this.#servers = servers.map((server) => pooled(parseServer(server), true));
    this.#randomize = randomize;
    if (randomize) shuffle(this.#servers);
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
    if (this.#randomize) shuffle(added);
    this.#servers = [...kept, ...added];
  }

  /** The server is not to be tried again. @returns Whether there are others. */
  remove(server: PooledServer): boolean {
    this.#servers = this.#servers.filter((one) => one !== server);
    return this.#servers.length > 0;
  }

  /** The server is being dialled. */
  dialled(server: PooledServer): void {
    server.dialledAt = performance.now();
  }

  /**
   * The server whose turn it is: the one that was not dialled for longest.
   *
   * @param pause Milliseconds between two attempts at one server.
   * @returns The server, and when it may be dialled.
   */
  next(pause: number): { server: PooledServer; notBefore: number } {
    const server = this.#servers.reduce((first, other) =>
      other.dialledAt < first.dialledAt ? other : first,
    );
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
