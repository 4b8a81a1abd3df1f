import { InvalidArgumentError } from "../errors.js";

/** Default port of each address scheme. */
const DEFAULT_PORTS: ReadonlyMap<string, number> = new Map([
  ["nats:", 4222],
  ["tls:", 4222],
  ["ws:", 80],
  ["wss:", 443],
]);

/** Location of a server. */
export interface ServerAddress {
  /** A host name or an IP address, without brackets. */
  readonly host: string;
  readonly port: number;
  /** `true` if the address requires encryption (`tls://`, `wss://`). */
  readonly secure: boolean;
  /** The path of a WebSocket (`ws://`, `wss://`), mostly `/`; `undefined` for TCP. */
  readonly webSocketPath?: string | undefined;
  /** The name that the server's certificate must have, if it differs from the host. */
  readonly tlsName?: string | undefined;
}

/** User information before the host in an address. */
export type UserInformation =
  | { readonly token: string }
  | { readonly user: string; readonly pass: string };

/**
 * Parses the address of a server: `nats://host:port`, `tls://host:port`, `ws://host:port/path`,
 * `wss://host:port/path`, `host:port` or `host`.
 *
 * @returns Its location, and the user information before the host: `user:pass`, or only a token.
 * @throws InvalidArgumentError
 */
export function parseServer(server: string): ServerAddress & { credentials?: UserInformation } {
  const text = server.trim();
  let url: URL | undefined;
  try {
    url = new URL(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `nats://${text}`);
  } catch {
    // Reported below.
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
      `${JSON.stringify(withoutSecrets(text))} is not a valid server address ("servers"). Write "nats://host:port", "tls://host:port", "ws://host:port/path" or "wss://host:port/path".`,
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
    // The cause is not shown, because it may quote the password.
    throw new InvalidArgumentError(
      `The user information before "${formatServer(address)}" ("servers") is not percent-encoded: write "%25" for "%", or use the option "authenticator".`,
    );
  }
}

/**
 * Parses the address of another server that a server announces, which is always `host:port`.
 *
 * @param text The address.
 * @param teller The server that announced it; the engine uses the same transport and TLS for both.
 * @throws InvalidArgumentError for any other form, including an address with a scheme.
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
    // Certificates contain names, but clusters mostly announce IP addresses.
    ...(isIpAddress(host) && !isIpAddress(tlsName) ? { tlsName } : {}),
  };
}

function isIpAddress(host: string): boolean {
  return host.includes(":") || /^[\d.]+$/.test(host);
}

/** @returns The address in its usual notation. */
export function formatServer({ host, port, secure, webSocketPath }: ServerAddress): string {
  const scheme = webSocketPath === undefined ? (secure ? "tls" : "nats") : secure ? "wss" : "ws";
  const path = webSocketPath === undefined || webSocketPath === "/" ? "" : webSocketPath;
  return `${scheme}://${host.includes(":") ? `[${host}]` : host}:${port}${path}`;
}

/**
 * Removes possible secrets from an invalid address. Text after a colon that is not a port may be a
 * password, or a part of one: lists are split at commas, and a password may contain commas.
 *
 * @returns The text without possible secrets.
 */
function withoutSecrets(text: string): string {
  return text
    .replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, "$1")
    .replace(/[?#].*$/s, "")
    .replace(/^([a-z][a-z0-9+.-]*:\/\/)?([^/[\]:]*):(?!\d*(?:\/|$)|\/\/).*$/is, "$1$2:…");
}
