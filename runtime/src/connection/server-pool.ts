import { InvalidArgumentError } from "../errors.js";

const DEFAULT_PORT = 4222;
const SCHEMES: ReadonlySet<string> = new Set(["nats:", "tls:"]);

/** Where a server is. */
export interface ServerAddress {
  /** A host name or an IP address, without brackets. */
  readonly host: string;
  /** The port. */
  readonly port: number;
  /** Whether the address itself asks for encryption (`tls://`). */
  readonly secure: boolean;
}

/**
 * Reads the address of a server: `nats://host:port`, `tls://host:port`, `host:port` or `host`.
 *
 * @throws InvalidArgumentError
 */
export function parseServer(server: string): ServerAddress {
  const text = server.trim();
  let url: URL | undefined;
  try {
    // The default port of a scheme that URL knows would be dropped; of this one it knows nothing.
    url = new URL(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `nats://${text}`);
  } catch {
    // Said below.
  }
  if (url === undefined || !SCHEMES.has(url.protocol) || url.hostname === "") {
    throw new InvalidArgumentError(
      `${JSON.stringify(server)} is not the address of a server. Write "nats://host:port" or "tls://host:port".`,
    );
  }
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: url.port === "" ? DEFAULT_PORT : Number(url.port),
    secure: url.protocol === "tls:",
  };
}

/** @returns The address as people write it. */
export function formatServer({ host, port, secure }: ServerAddress): string {
  return `${secure ? "tls" : "nats"}://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** The servers that a connection may use, in the order in which they are tried. */
export class ServerPool {
  #servers: ServerAddress[];

  /**
   * @param servers Addresses; a string may hold several, separated by commas.
   * @param randomize Whether the order is shuffled, so that clients spread over the servers.
   * @throws InvalidArgumentError
   */
  constructor(servers: string | readonly string[], randomize: boolean) {
    const texts = typeof servers === "string" ? servers.split(",") : servers;
    const found = new Map<string, ServerAddress>();
    for (const text of texts) {
      const server = parseServer(text);
      found.set(formatServer(server), server);
    }
    this.#servers = [...found.values()];
    if (this.#servers.length === 0) {
      throw new InvalidArgumentError('There is no server to connect to. Give one in "servers".');
    }
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
