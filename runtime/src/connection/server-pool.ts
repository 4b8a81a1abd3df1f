import { parseServer, type ServerAddress } from "../protocol/server-address.js";

/** The servers that a connection may use, in the order in which they are tried. */
export class ServerPool {
  #servers: ServerAddress[];

  /**
   * @param servers Addresses, each once.
   * @param randomize Whether the order is shuffled, so that clients spread over the servers.
   */
  constructor(servers: readonly string[], randomize: boolean) {
    this.#servers = servers.map((server) => parseServer(server));
    if (randomize) shuffle(this.#servers);
  }

  /** All servers, the one to try next first. */
  get servers(): readonly ServerAddress[] {
    return this.#servers;
  }

  /** The server was tried: it goes to the end. */
  tried(server: ServerAddress): void {
    this.#servers = this.#servers.filter((one) => one !== server);
    this.#servers.push(server);
  }
}

function shuffle<T>(items: T[]): void {
  for (let i = items.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1));
    [items[i], items[j]] = [items[j]!, items[i]!];
  }
}
