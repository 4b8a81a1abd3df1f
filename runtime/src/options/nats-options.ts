import { checkTls } from "#transport";
import { BOOLEAN, FUNCTION, type Kind, OBJECT, STRING } from "../arguments.js";
import type { NatsAuthenticator } from "../auth/credentials.js";
import { utf8Length } from "../buffers/bytes.js";
import type { NatsError } from "../errors.js";
import { withHiddenKeys } from "../hidden-keys.js";
import { LOG_LEVELS, type NatsLogger, silentLogger } from "../logger.js";
import { checkSubject } from "../protocol/subject.js";
import { jsonSerializer } from "../serialization/json.js";
import { isSerializer, type NatsSerializer, SERIALIZER } from "../serialization/serializer.js";
import type { NatsTlsOptions } from "../transport/tls-options.js";
import { LONGEST_TIMEOUT } from "../waiting/deadline.js";
import { type Given, option, type Resolved, resolve, wholeNumber } from "./option.js";
import { type ResolvedServers, resolveServers } from "./servers.js";

/** Largest buffer that is not a mistake, in bytes. */
const LARGEST_BUFFER = 1024 ** 3;
/** Largest size of `inboxPrefix` in bytes: servers limit the length of a line. */
const LONGEST_INBOX_PREFIX = 1_000;

const MILLISECONDS = wholeNumber(0, LONGEST_TIMEOUT);
const TIMEOUT = wholeNumber(1, LONGEST_TIMEOUT);
const BUFFER_SIZE = wholeNumber(1024, LARGEST_BUFFER);
const INBOX_PREFIX: Kind = {
  words: `a subject without wildcards that ends in "." and has at most ${LONGEST_INBOX_PREFIX} bytes`,
  is: (value) => typeof value === "string" && isInboxPrefix(value),
};
const LOGGER: Kind = {
  words: `an object with ${LOG_LEVELS.join(", ")}`,
  is: (value) =>
    LOG_LEVELS.every(
      (level) => typeof (value as Partial<NatsLogger> | null)?.[level] === "function",
    ),
};
/** Kind of options that are checked by {@link resolveServers}: their values may hold secrets. */
const CHECKED_LATER: Kind = { words: "", is: () => true };

/**
 * All options of a connection, each with its kind and its default. Types, checks, messages and the table in
 * docs/options.md follow from this declaration.
 */
export const NATS_OPTIONS = {
  /**
   * Addresses of the servers: one address, several separated by commas, or an array of them; `nats://`,
   * `tls://`, `ws://` and `wss://`.
   */
  servers: option<string | readonly string[]>(CHECKED_LATER, "nats://localhost:4222"),
  /** Name of the connection in the server's monitoring. */
  name: option<string | undefined>(STRING, undefined),
  /** Delivers messages of this connection to its own subscriptions too. */
  echo: option(BOOLEAN, true),
  /** Lets the server acknowledge every command with `+OK`. */
  verbose: option(BOOLEAN, false),
  /** Lets the server check subjects more strictly. */
  pedantic: option(BOOLEAN, false),
  /**
   * Credentials of this client, or a function that returns them for each attempt to connect. User information
   * in an address (`nats://user:pass@host`, `nats://token@host`) has the same effect.
   */
  authenticator: option<NatsAuthenticator | undefined>(CHECKED_LATER, undefined),
  /**
   * Encryption of the connection. By default it is encrypted if the server requires or offers it, or the
   * address begins with `tls://`; `{}` requires it, `null` refuses it. Over a WebSocket the address alone
   * decides (`ws://`, `wss://`), and this must agree.
   */
  tls: option<NatsTlsOptions | null | undefined>(OBJECT, undefined),
  /** Serializer of all calls that name no other. */
  serializer: option<NatsSerializer>({ words: SERIALIZER, is: isSerializer }, jsonSerializer),
  /** Beginning of the subjects to which answers are sent. */
  inboxPrefix: option(INBOX_PREFIX, "_INBOX."),
  /** Keeps the order of `servers` and of the addresses of a host name, instead of shuffling them. */
  noRandomize: option(BOOLEAN, false),
  /** Milliseconds within which a server must accept the connection. */
  connectTimeout: option(TIMEOUT, 2_000),
  /** Milliseconds within which an answer must arrive. */
  requestTimeout: option(TIMEOUT, 5_000),
  /**
   * Milliseconds that a drain may take. What is left then is ended as by `close()` or `unsubscribe()`, and
   * `onError` gets a TimeoutError.
   */
  drainTimeout: option(TIMEOUT, 10_000),
  /** Milliseconds between two PINGs that test the connection; 0 for none. */
  pingInterval: option(MILLISECONDS, 120_000),
  /** Number of unanswered PINGs after which the connection is given up. */
  maxPingOut: option(wholeNumber(1), 2),
  /**
   * Milliseconds between two attempts to connect to a server. With several servers, twice this time passes between
   * an attempt and the next but one.
   */
  reconnectWait: option(MILLISECONDS, 550),
  /** Value in milliseconds up to which `reconnectWait` doubles with each further failure of a server. */
  reconnectWaitMax: option(MILLISECONDS, 550),
  /** Largest random addition to the wait, in milliseconds. */
  reconnectJitter: option(MILLISECONDS, 350),
  /** Largest random addition for encrypted connections, in milliseconds. */
  reconnectJitterTls: option(MILLISECONDS, 350),
  /**
   * Strategy that replaces the four options above. It gets the number of the attempt on this server since it
   * was last used, from 1 on, and its address, and returns milliseconds from now; 0 for at once.
   */
  reconnectDelay: option<((attempt: number, server: string) => number) | undefined>(
    FUNCTION,
    undefined,
  ),
  /**
   * Number of failures in a row after which a server is given up; -1 for no limit, 0 to never reconnect. The
   * connection ends when all servers are given up.
   */
  maxReconnectAttempts: option(wholeNumber(-1), -1),
  /** Uses only the servers of the options, not those learned from the cluster. */
  ignoreClusterUpdates: option(BOOLEAN, false),
  /** Keeps trying a server that refused the credentials twice in a row, instead of ending the connection. */
  ignoreAuthErrorAbort: option(BOOLEAN, false),
  /** Number of bytes that may wait for the server before publishing is refused. */
  maxPendingBytes: option(wholeNumber(1), 64 * 1024 * 1024),
  /** Number of bytes handed to the socket at once. */
  writerBufferSize: option(BUFFER_SIZE, 64 * 1024),
  /** Number of bytes read from the socket at once. */
  readerBufferSize: option(BUFFER_SIZE, 256 * 1024),
  /** Number of request commands that are kept for reuse. */
  commandPoolSize: option(wholeNumber(0), 256),
  /**
   * Number of handlers of a subscription that may run at the same time, outside the read loop, unless the
   * subscription says otherwise. 0 calls handlers as messages arrive and awaits none of them.
   */
  concurrency: option(wholeNumber(0), 0),
  /** Logger of the engine: pino, or `consoleLogger()`. */
  logger: option<NatsLogger>(LOGGER, silentLogger),
  /**
   * Called before each attempt to connect, for example to check the server's health. It may return another
   * address to connect to; an error fails the attempt.
   */
  onConnecting: option<
    ((host: string, port: number) => ConnectTarget | Promise<ConnectTarget>) | undefined
  >(FUNCTION, undefined),
  /**
   * Handler of every error that nothing else handles: of calls whose promise is ignored, of message handlers,
   * unreadable messages, and messages dropped or in doubt after the connection was lost. It prints to the console by default.
   */
  onError: option<(error: NatsError) => void>(FUNCTION, (error) => console.error(error)),
};

/**
 * Options of a connection, all optional. Times are in milliseconds, sizes in bytes. All defaults are in
 * `new NatsConnection().options`.
 */
export interface NatsOptions extends Given<typeof NATS_OPTIONS> {}

/** Address to connect to instead; nothing to keep the address. */
// biome-ignore lint/suspicious/noConfusingVoidType: a hook that answers nothing is the usual one.
export type ConnectTarget = { readonly host: string; readonly port: number } | undefined | void;

/**
 * Options with all defaults. Secrets are hidden: addresses have no user information, the authenticator is a
 * function, and keys of TLS are shown nowhere.
 */
export interface ResolvedOptions
  extends Omit<Resolved<typeof NATS_OPTIONS>, keyof ResolvedServers>,
    ResolvedServers {}

/**
 * Fills in the defaults and checks the values.
 *
 * @param options Options of the caller.
 * @returns Frozen options.
 * @throws InvalidArgumentError naming the option.
 */
export function resolveOptions(options: NatsOptions = {}): ResolvedOptions {
  const { servers, authenticator, tls, ...resolved } = resolve(NATS_OPTIONS, options);
  if (tls) checkTls(tls);
  return Object.freeze({
    ...resolved,
    ...resolveServers(servers, authenticator),
    ...(tls !== undefined && { tls: tls && Object.freeze(withHiddenKeys(tls)) }),
  });
}

function isInboxPrefix(prefix: string): boolean {
  try {
    const short = utf8Length(prefix) <= LONGEST_INBOX_PREFIX;
    return short && prefix.endsWith(".") && !checkSubject(`${prefix}x`);
  } catch {
    return false;
  }
}
