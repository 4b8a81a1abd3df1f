import { parseServer, type ServerAddress } from "../protocol/server-address.js";

/** A server and when it was tried. */
export interface PooledServer {
  readonly address: ServerAddress;
  /** `performance.now()` when it was dialled last. */
  dialledAt: number;
}

/** The servers that a connection may use. */
export class ServerPool {
  /** In the order in which they are tried. */
  readonly servers: readonly PooledServer[];

  /**
   * @param servers Addresses, each once.
   * @param randomize Whether the order is shuffled, so that clients spread over the servers.
   */
  constructor(servers: readonly string[], randomize: boolean) {
    const pool = servers.map((server) => ({
      address: parseServer(server),
      dialledAt: Number.NEGATIVE_INFINITY,
    }));
    if (randomize) shuffle(pool);
    this.servers = pool;
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
    const server = this.servers.reduce((first, other) =>
      other.dialledAt < first.dialledAt ? other : first,
    );
    return { server, notBefore: server.dialledAt + pause };
  }
}

function shuffle<T>(items: T[]): void {
  for (let i = items.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1));
    [items[i], items[j]] = [items[j]!, items[i]!];
  }
}
