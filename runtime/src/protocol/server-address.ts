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
  /** The name that its certificate has, where that is not the host. */
  readonly tlsName?: string;
}

/** What stands before the host in an address. */
export type UserInformation =
  | { readonly token: string }
  | { readonly user: string; readonly pass: string };

/**
 * Reads the address of a server: `nats://host:port`, `tls://host:port`, `host:port` or `host`.
 *
 * @returns Where it is, and the user information in front of the host: `user:pass`, or a token alone.
 * @throws InvalidArgumentError
 */
export function parseServer(server: string): ServerAddress & { credentials?: UserInformation } {
  const text = server.trim();
  let url: URL | undefined;
  try {
    url = new URL(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `nats://${text}`);
  } catch {
    // Said below.
  }
  if (
    url === undefined ||
    !SCHEMES.has(url.protocol) ||
    url.hostname === "" ||
    !/^\/?$/.test(url.pathname + url.search)
  ) {
    throw new InvalidArgumentError(
      `${JSON.stringify(text.replace(/\/\/.*@/, "//"))} is not the address of a server. Write "nats://host:port" or "tls://host:port".`,
    );
  }
  const address = {
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: url.port === "" ? DEFAULT_PORT : Number(url.port),
    secure: url.protocol === "tls:",
  };
  if (url.username === "") return address;
  const user = decodeURIComponent(url.username);
  const credentials =
    url.password === "" ? { token: user } : { user, pass: decodeURIComponent(url.password) };
  return { ...address, credentials };
}

/** @returns The address as people write it. */
export function formatServer({ host, port, secure }: ServerAddress): string {
  return `${secure ? "tls" : "nats"}://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** @returns Whether a host, as in an address that was read, is an IP address and no name. */
export function isIpAddress(host: string): boolean {
  return host.includes(":") || /^\d+\.\d+\.\d+\.\d+$/.test(host);
}
