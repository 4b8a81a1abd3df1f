import {
  type Authenticator,
  type ConnectionOptions,
  parseOptions,
  type TlsOptions,
  tokenAuthenticator,
  usernamePasswordAuthenticator,
} from "@nats-io/nats-core/internal";
import type { ConnectCredentials } from "../auth/credentials.js";
import type { NatsError } from "../errors.js";
import { withHiddenKeys } from "../hidden-keys.js";
import { consoleLogger } from "../logger.js";
import type { NatsOptions } from "../options/nats-options.js";
import type { NatsTlsOptions } from "../transport/tls-options.js";
import { LONGEST_TIMEOUT } from "../waiting/deadline.js";

/** TLS options, including those that only Node.js has. */
export type NodeTlsOptions = {
  /** `false` accepts any certificate: for development only. */
  rejectUnauthorized?: boolean;
} & TlsOptions;

/** The options of {@link connect}: those of `@nats-io/transport-node`. */
export type NodeConnectionOptions = Omit<ConnectionOptions, "tls"> & {
  /** Encryption of the connection; `null` for never. */
  tls?: NodeTlsOptions | null;
  /**
   * Maximum number of pending bytes, above which publishing throws PendingLimitError; default 1
   * GiB.
   */
  maxPendingBytes?: number;
};

const DEFAULT_HOST = "127.0.0.1";
const DEFAULT_PORT = 4222;
/** Default time in milliseconds for a server to accept the connection. */
const CONNECT_TIMEOUT = 20_000;
/**
 * Much more than the engine's own default: programs for `@nats-io/transport-node` publish in a loop
 * and flush afterwards, because its `publish` has nothing to await.
 */
const MAX_PENDING_BYTES = 1024 ** 3;

/**
 * @returns The options with the defaults of `@nats-io/nats-core`. @throws its InvalidArgumentError.
 */
export function coreOptions(options: NodeConnectionOptions): ConnectionOptions {
  // Node.js resolves host names and tries all of their addresses.
  const { resolve: _, authenticator: __, ...given } = options;
  // The official default depends on the transport that the process used last.
  const { servers = [], port } = given;
  if (servers.length === 0 && !port) given.servers = [`${DEFAULT_HOST}:${DEFAULT_PORT}`];
  return parseOptions(given as ConnectionOptions);
}

/** @returns The options without credentials, which may be shown to anyone. */
export function shownOptions(options: ConnectionOptions): ConnectionOptions {
  const { user: _, pass: __, token: ___, authenticator: ____, ...shown } = options;
  const servers = (options.servers as string[]).map((server) =>
    server.replace(/^(.*\/\/)?.*@/, "$1"),
  );
  return { ...shown, servers, ...(options.tls && { tls: withHiddenKeys(options.tls) }) };
}

/**
 * Converts the options to those of the engine.
 *
 * @param given The options of the program.
 * @param options The options with all defaults.
 * @param onError Called with errors that no other handler gets.
 * @param sinceDialled Milliseconds since the last attempt to connect, which are part of the delay.
 */
export function engineOptions(
  given: NodeConnectionOptions,
  options: ConnectionOptions,
  onError: (error: NatsError) => void,
  sinceDialled: (server: string) => number,
): NatsOptions {
  const { tls } = given;
  return {
    servers: (options.servers as string[]).map(address),
    echo: options.noEcho !== true,
    verbose: options.verbose === true,
    pedantic: options.pedantic === true,
    noRandomize: options.noRandomize === true,
    connectTimeout: milliseconds(options.timeout || CONNECT_TIMEOUT),
    pingInterval: milliseconds(options.pingInterval!),
    maxPingOut: options.maxPingOut!,
    // The official client always tries at least once; the engine can try not at all.
    maxReconnectAttempts: options.reconnect ? options.maxReconnectAttempts || 1 : 0,
    reconnectDelay: (_, server) =>
      Math.max(0, options.reconnectDelayHandler!() - sinceDialled(server)),
    ignoreClusterUpdates: options.ignoreClusterUpdates === true,
    ignoreAuthErrorAbort: options.ignoreAuthErrorAbort === true,
    maxPendingBytes: given.maxPendingBytes ?? MAX_PENDING_BYTES,
    onError,
    ...(options.name !== undefined && { name: options.name }),
    ...(options.inboxPrefix && { inboxPrefix: `${options.inboxPrefix}.` }),
    ...(tls !== undefined && { tls: tls as NatsTlsOptions | null }),
    ...(options.debug && { logger: consoleLogger("trace") }),
    ...authentication(given),
  };
}

/** Combines all authenticators; each is called at every attempt to connect. */
function authentication({ authenticator, token, user, pass }: NodeConnectionOptions): {
  authenticator?: () => { sign(nonce?: string): Promise<ConnectCredentials> };
} {
  const all: Authenticator[] = [authenticator ?? []].flat();
  if (token) all.push(tokenAuthenticator(token));
  if (user) all.push(usernamePasswordAuthenticator(user, pass));
  if (all.length === 0) return {};
  const sign = async (nonce?: string): Promise<ConnectCredentials> => {
    const parts: object[] = [];
    // An asynchronous authenticator, for example of a vault, is awaited, unlike in the official
    // client.
    for (const one of all) parts.push((await (one(nonce) as unknown as object)) ?? {});
    return Object.assign({}, ...parts);
  };
  return { authenticator: () => ({ sign }) };
}

/**
 * @returns The engine's address for an address of the official client: with any scheme or none, and
 * IPv6 without brackets.
 */
export function address(server: string): string {
  const [, scheme = "nats", rest = ""] = /^(?:([a-z][a-z0-9+.-]*):\/\/)?(.*)$/i.exec(
    server.trim(),
  )!;
  const bare = /^[0-9a-f:.]*$/i.test(rest) && rest.split(":").length > 2;
  return `${scheme.toLowerCase() === "tls" ? "tls" : "nats"}://${bare ? `[${rest}]` : rest}`;
}

function milliseconds(value: number): number {
  return Math.min(Math.max(Math.floor(value), 0), LONGEST_TIMEOUT);
}
