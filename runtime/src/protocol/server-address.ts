import { InvalidArgumentError } from "../errors.js";

/** The schemes of addresses, and the port that each means where none is given. */
const DEFAULT_PORTS: ReadonlyMap<string, number> = new Map([
  ["nats:", 4222],
  ["tls:", 4222],
  ["ws:", 80],
  ["wss:", 443],
]);

/** Where a server is. */
export interface ServerAddress {
  /** A host name or an IP address, without brackets. */
  readonly host: string;
  /** The port. */
  readonly port: number;
  /** Whether the address itself asks for encryption (`tls://`, `wss://`). */
  readonly secure: boolean;
  /** The path of a WebSocket (`ws://`, `wss://`), `/` mostly; `undefined` for a TCP stream. */
  readonly webSocketPath?: string | undefined;
  /** The name that its certificate must have, where that is not the host. */
  readonly tlsName?: string | undefined;
}

/** What stands before the host in an address. */
export type UserInformation =
  | { readonly token: string }
  | { readonly user: string; readonly pass: string };

/**
 * Reads the address of a server: `nats://host:port`, `tls://host:port`, `ws://host:port/path`,
 * `wss://host:port/path`, `host:port` or `host`.
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
  const port = DEFAULT_PORTS.get(url?.protocol ?? "");
  const isWebSocket = /^wss?:$/.test(url?.protocol ?? "");
  if (
    url === undefined ||
    port === undefined ||
    url.hostname === "" ||
    `${url.search}${url.hash}` !== "" ||
    !(isWebSocket || /^\/?$/.test(url.pathname))
  ) {
    throw new InvalidArgumentError(
      `${JSON.stringify(withoutSecrets(text))} is not the address of a server ("servers"). Write "nats://host:port", "tls://host:port", "ws://host:port/path" or "wss://host:port/path".`,
    );
  }
  const address = {
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: url.port === "" ? port : Number(url.port),
    secure: url.protocol === "tls:" || url.protocol === "wss:",
    ...(isWebSocket ? { webSocketPath: url.pathname } : {}),
  };
  if (url.username === "") return address;
  const user = decoded(url.username, address);
  const credentials =
    url.password === "" ? { token: user } : { user, pass: decoded(url.password, address) };
  return { ...address, credentials };
}

function decoded(text: string, address: ServerAddress): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // The cause is not shown: it may quote the password.
    throw new InvalidArgumentError(
      `The user information before "${formatServer(address)}" ("servers") is not percent-encoded: write "%25" for "%", or use the option "authenticator".`,
    );
  }
}

/**
 * Reads an address that a server tells of another one, which is never more than `host:port`.
 *
 * @param text The address.
 * @param teller The server that told; the other one is used in the same way.
 * @throws InvalidArgumentError when it is anything else, an address with a scheme too.
 */
export function parseTold(text: string, teller: ServerAddress): ServerAddress {
  if (!/^(?:\[[\da-f:.]+\]|[^\s:/@?#[\]\\]+):\d{1,5}$/i.test(text)) {
    throw new InvalidArgumentError(`${JSON.stringify(text)} is not "host:port".`);
  }
  const { host, port } = parseServer(text);
  const { secure, webSocketPath, tlsName = teller.host } = teller;
  return {
    host,
    port,
    secure,
    ...(webSocketPath === undefined ? {} : { webSocketPath: "/" }),
    // Certificates have names; clusters mostly tell of addresses.
    ...(isIpAddress(host) && !isIpAddress(tlsName) ? { tlsName } : {}),
  };
}

function isIpAddress(host: string): boolean {
  return host.includes(":") || /^[\d.]+$/.test(host);
}

/** @returns The address as people write it. */
export function formatServer({ host, port, secure, webSocketPath }: ServerAddress): string {
  const scheme = webSocketPath === undefined ? (secure ? "tls" : "nats") : secure ? "wss" : "ws";
  const path = webSocketPath === undefined || webSocketPath === "/" ? "" : webSocketPath;
  return `${scheme}://${host.includes(":") ? `[${host}]` : host}:${port}${path}`;
}

/**
 * What stands behind a colon and is no port may be a password: a list is split at its commas, those of
 * passwords too.
 *
 * @returns A text that may have been meant as an address, without what only its writer should know.
 */
function withoutSecrets(text: string): string {
  return text
    .replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, "$1")
    .replace(/[?#].*$/s, "")
    .replace(/^([a-z][a-z0-9+.-]*:\/\/)?([^/[\]:]*):(?!\d*(?:\/|$)|\/\/).*$/is, "$1$2:…");
}
