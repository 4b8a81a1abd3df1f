import { checkTls } from "#transport";
import { BOOLEAN, checkOptions, FUNCTION, OBJECT, STRING, shown, typeOf } from "../arguments.js";
import {
  type NatsAuthenticator,
  type NatsCredentials,
  wrongCredentials,
} from "../auth/credentials.js";
import { utf8Length } from "../buffers/bytes.js";
import { InvalidArgumentError, type NatsError } from "../errors.js";
import { withHiddenKeys } from "../hidden-keys.js";
import { LOG_LEVELS, type NatsLogger, silentLogger } from "../logger.js";
import { formatServer, parseServer } from "../protocol/server-address.js";
import { checkSubject } from "../protocol/subject.js";
import { jsonSerializer } from "../serialization/json.js";
import { isSerializer, type NatsSerializer, SERIALIZER } from "../serialization/serializer.js";
import type { NatsTlsOptions } from "../transport/tls-options.js";
import { LONGEST_TIMEOUT } from "../waiting/deadline.js";

/** How a connection behaves. Everything is optional. Times are in milliseconds, sizes in bytes. */
export interface NatsOptions {
  /**
   * Servers to connect to: one address, several separated by commas, or an array of them; `nats://`,
   * `tls://`, `ws://` and `wss://`.
   * `nats://localhost:4222` by default.
   */
  readonly servers?: string | readonly string[];
  /** A name that the server shows in its monitoring. */
  readonly name?: string;
  /** Whether this connection's own messages come back to its subscriptions; `true` by default. */
  readonly echo?: boolean;
  /** Whether the server acknowledges every command with `+OK`; `false` by default. */
  readonly verbose?: boolean;
  /** Whether the server checks subjects more strictly; `false` by default. */
  readonly pedantic?: boolean;
  /**
   * Who this client is: credentials, or a function that is asked for them at every attempt to connect.
   * User information in an address (`nats://user:pass@host`, `nats://token@host`) does the same.
   */
  readonly authenticator?: NatsAuthenticator;
  /**
   * How the connection is encrypted. Left out, it is where the server requires or offers it, or the
   * address begins with `tls://`; `{}` insists on it, `null` rules it out. Over a WebSocket the address
   * alone decides (`ws://`, `wss://`), and this must agree.
   */
  readonly tls?: NatsTlsOptions | null;
  /** Reads and writes payloads where a call names no other; JSON by default. */
  readonly serializer?: NatsSerializer;
  /** What the subjects of answers begin with; `_INBOX.` by default. */
  readonly inboxPrefix?: string;
  /**
   * Keeps `servers`, and the addresses that a host name has, in the order given instead of shuffling them;
   * `false` by default.
   */
  readonly noRandomize?: boolean;
  /** How long one server may take to accept the connection; 2,000 by default. */
  readonly connectTimeout?: number;
  /** How long an answer may take; 5,000 by default. */
  readonly requestTimeout?: number;
  /** How often the connection is tested by a PING; 120,000 by default, 0 for never. */
  readonly pingInterval?: number;
  /** How many PINGs may be unanswered before the connection is given up; 2 by default. */
  readonly maxPingOut?: number;
  /**
   * How long to wait after all servers failed before trying them again; 2,000 by default. It doubles with
   * each further failure of a server.
   */
  readonly reconnectWait?: number;
  /** What `reconnectWait` grows to at most; 5,000 by default. */
  readonly reconnectWaitMax?: number;
  /** Up to this much is added to the wait at random; 100 by default. */
  readonly reconnectJitter?: number;
  /** The same for encrypted connections, which cost servers more; 1,000 by default. */
  readonly reconnectJitterTls?: number;
  /**
   * Decides instead how long to wait before an attempt to reconnect.
   *
   * @param attempt Which attempt it is on this server since it was used last, from 1 on.
   * @param server Its address.
   * @returns Milliseconds from now; 0 for at once.
   */
  readonly reconnectDelay?: (attempt: number, server: string) => number;
  /**
   * How often a server may fail in a row before it is given up: -1, the default, for any number of times,
   * 0 for not reconnecting at all. The connection ends when all are given up.
   */
  readonly maxReconnectAttempts?: number;
  /** Tries only the servers of the options, not those that the cluster tells of; `false` by default. */
  readonly ignoreClusterUpdates?: boolean;
  /**
   * Goes on trying a server that refused the credentials twice in a row, instead of ending the
   * connection; `false` by default.
   */
  readonly ignoreAuthErrorAbort?: boolean;
  /** Bytes that may wait for the server before publishing is refused; 64 MiB by default. */
  readonly maxPendingBytes?: number;
  /** Bytes that are handed to the socket at once; 64 KiB by default. */
  readonly writerBufferSize?: number;
  /** Bytes that are read from the socket at once; 256 KiB by default. */
  readonly readerBufferSize?: number;
  /** Commands for requests that are kept for reuse when they are done; 256 by default. */
  readonly commandPoolSize?: number;
  /**
   * How many handlers of a subscription may run at the same time, off the read loop, where a subscription
   * says nothing else. 0, the default, calls handlers as messages arrive and awaits none of them.
   */
  readonly concurrency?: number;
  /** Where the engine writes what it does; nowhere by default. Takes pino, or `consoleLogger()`. */
  readonly logger?: NatsLogger;
  /**
   * Called before each attempt to connect, for example to ask for the server's health. Answering with
   * another address connects there; throwing or rejecting fails the attempt.
   */
  readonly onConnecting?: (host: string, port: number) => ConnectTarget | Promise<ConnectTarget>;
  /**
   * Gets every error that nobody else took: what a handler threw, what could not be read, what was
   * dropped or is in doubt after the connection was lost. Prints to the console by default.
   */
  readonly onError?: (error: NatsError) => void;
}

/** Where to connect instead; nothing to keep the address. */
// biome-ignore lint/suspicious/noConfusingVoidType: a hook that answers nothing is the usual one.
export type ConnectTarget = { readonly host: string; readonly port: number } | undefined | void;

type Optional = "name" | "tls" | "onConnecting" | "reconnectDelay";

/**
 * Options with every default in its place. Secrets are not in sight: user information is taken out of the
 * addresses, the authenticator is a function, and keys of TLS are shown nowhere.
 */
export type ResolvedOptions = Required<Omit<NatsOptions, Optional | "servers" | "authenticator">> &
  Pick<NatsOptions, Optional> & {
    /** The servers, each once, as whole addresses and without user information. */
    readonly servers: readonly string[];
    /** Asked for credentials at every attempt to connect; knows the user information of the addresses, too. */
    readonly authenticator: Exclude<NatsAuthenticator, NatsCredentials>;
  };

/** The smallest each number may be. */
const NUMBERS = {
  connectTimeout: 1,
  requestTimeout: 1,
  pingInterval: 0,
  maxPingOut: 1,
  reconnectWait: 0,
  reconnectWaitMax: 0,
  reconnectJitter: 0,
  reconnectJitterTls: 0,
  maxReconnectAttempts: -1,
  maxPendingBytes: 1,
  writerBufferSize: 1024,
  readerBufferSize: 1024,
  commandPoolSize: 0,
  concurrency: 0,
} as const;

/** Numbers that are no times. */
const SIZES: ReadonlySet<string> = new Set([
  "maxPendingBytes",
  "writerBufferSize",
  "readerBufferSize",
  "commandPoolSize",
  "concurrency",
  "maxPingOut",
  "maxReconnectAttempts",
]);

/** The largest buffer that is not a mistake. */
const LARGEST_BUFFER = 1024 ** 3;

/** Bytes of `inboxPrefix` that leave room for what follows it in a line that servers take. */
const LONGEST_INBOX_PREFIX = 1_000;

/** What the options are that are no numbers. */
const KINDS = {
  name: STRING,
  echo: BOOLEAN,
  verbose: BOOLEAN,
  pedantic: BOOLEAN,
  noRandomize: BOOLEAN,
  ignoreAuthErrorAbort: BOOLEAN,
  ignoreClusterUpdates: BOOLEAN,
  reconnectDelay: FUNCTION,
  inboxPrefix: STRING,
  tls: OBJECT,
  logger: OBJECT,
  onConnecting: FUNCTION,
  onError: FUNCTION,
} as const;

const KNOWN: ReadonlySet<string> = new Set([
  "servers",
  "authenticator",
  "serializer",
  ...Object.keys(NUMBERS),
  ...Object.keys(KINDS),
]);

/**
 * Fills in the defaults and checks the values.
 *
 * @returns Frozen options.
 * @throws InvalidArgumentError naming the option.
 */
export function resolveOptions(options: NatsOptions = {}): ResolvedOptions {
  checkOptions(options);
  const { servers = "nats://localhost:4222", authenticator, ...given } = withoutUndefined(options);
  const resolved: ResolvedOptions = {
    echo: true,
    verbose: false,
    pedantic: false,
    serializer: jsonSerializer,
    inboxPrefix: "_INBOX.",
    noRandomize: false,
    connectTimeout: 2_000,
    requestTimeout: 5_000,
    pingInterval: 120_000,
    maxPingOut: 2,
    reconnectWait: 2_000,
    reconnectWaitMax: 5_000,
    reconnectJitter: 100,
    reconnectJitterTls: 1_000,
    maxReconnectAttempts: -1,
    ignoreAuthErrorAbort: false,
    ignoreClusterUpdates: false,
    maxPendingBytes: 64 * 1024 * 1024,
    writerBufferSize: 64 * 1024,
    readerBufferSize: 256 * 1024,
    commandPoolSize: 256,
    concurrency: 0,
    logger: silentLogger,
    onError: (error) => console.error(error),
    ...given,
    ...resolveServers(servers, authenticator),
  };
  for (const name of Object.keys(resolved)) {
    if (!KNOWN.has(name)) {
      throw new InvalidArgumentError(
        `There is no option "${name}". There are ${[...KNOWN].sort().join(", ")}.`,
      );
    }
  }
  for (const [name, smallest] of Object.entries(NUMBERS)) {
    const value = resolved[name as keyof typeof NUMBERS];
    const largest = name.endsWith("BufferSize")
      ? LARGEST_BUFFER
      : SIZES.has(name)
        ? Number.MAX_SAFE_INTEGER
        : LONGEST_TIMEOUT;
    if (!Number.isSafeInteger(value) || value < smallest || value > largest) {
      throw wrongOption(name, `a whole number from ${smallest} to ${largest}`, value);
    }
  }
  for (const [name, kind] of Object.entries(KINDS)) {
    const value = resolved[name as keyof typeof KINDS];
    if (value !== undefined && !kind.is(value)) throw wrongOption(name, kind.words, value);
  }
  const { serializer, inboxPrefix, logger, tls } = resolved;
  if (!isSerializer(serializer)) throw wrongOption("serializer", SERIALIZER, serializer);
  if (tls) checkTls(tls);
  for (const level of LOG_LEVELS) {
    if (typeof logger?.[level] !== "function") {
      throw wrongOption("logger", `an object with ${LOG_LEVELS.join(", ")}`, logger);
    }
  }
  if (!isInboxPrefix(inboxPrefix)) {
    throw wrongOption(
      "inboxPrefix",
      `a subject without wildcards that ends in "." and has at most ${LONGEST_INBOX_PREFIX} bytes`,
      inboxPrefix.slice(0, 100),
    );
  }
  return Object.freeze({ ...resolved, ...(tls && { tls: Object.freeze(withHiddenKeys(tls)) }) });
}

/**
 * Takes the user information out of addresses, and makes a function of credentials.
 *
 * @param authenticator Asked for servers whose address says nothing.
 * @throws InvalidArgumentError naming the option.
 */
export function resolveServers(
  servers: string | readonly string[],
  authenticator: NatsAuthenticator | undefined,
): Pick<ResolvedOptions, "servers" | "authenticator"> {
  const texts = typeof servers === "string" ? servers.split(",") : servers;
  if (!Array.isArray(texts) || texts.some((text) => typeof text !== "string")) {
    // One of several may hold a password.
    const odd = Array.isArray(texts) ? texts.find((text) => typeof text !== "string") : servers;
    throw new InvalidArgumentError(
      `The option "servers" must be an address or an array of addresses, not ${typeOf(odd)}.`,
    );
  }
  if (texts.length === 0) throw wrongOption("servers", "at least one address", "an empty array");
  const found = new Map<string, NatsCredentials | undefined>();
  for (const text of texts) {
    const { credentials, ...address } = parseServer(text);
    found.set(formatServer(address), credentials);
  }
  if (authenticator !== undefined && typeof authenticator !== "function") {
    const wrong = wrongCredentials(authenticator);
    if (wrong !== undefined) {
      throw new InvalidArgumentError(`The option "authenticator" cannot be used: ${wrong}`);
    }
  }
  const given = typeof authenticator === "function" ? authenticator : () => authenticator;
  return {
    servers: Object.freeze([...found.keys()]),
    authenticator: (server) => found.get(server) ?? given(server),
  };
}

function isInboxPrefix(prefix: string): boolean {
  try {
    const short = utf8Length(prefix) <= LONGEST_INBOX_PREFIX;
    return short && prefix.endsWith(".") && !checkSubject(`${prefix}x`);
  } catch {
    return false;
  }
}

function wrongOption(name: string, wanted: string, value: unknown): InvalidArgumentError {
  return new InvalidArgumentError(`The option "${name}" must be ${wanted}, not ${shown(value)}.`);
}

function withoutUndefined(options: NatsOptions): NatsOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
