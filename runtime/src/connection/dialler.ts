import { ConnectionError, type NatsError } from "../errors.js";
import type { ResolvedOptions } from "../options/nats-options.js";
import type { ServerAddress } from "../protocol/server-address.js";
import type { Connect } from "../transport/transport.js";
import { dial } from "./dial.js";
import type { ReadingGate } from "./reading-gate.js";
import { ServerConnection, type ServerEvents } from "./server-connection.js";
import { type PooledServer, ServerPool, type ServersChange } from "./server-pool.js";
import type { Subscriptions } from "./subscriptions.js";

/** Owner of a dialler: it receives the events of attempts and connections. */
export interface DiallerOwner extends ServerEvents {
  /** Gate of the reading. */
  readonly gate: ReadingGate;
  /** An attempt begins. @param attempt Number of the attempt on this server since it was last used, from 1 on. */
  dialling(connection: ServerConnection, attempt: number): void;
  /** The attempt failed. */
  dialFailed(connection: ServerConnection, error: NatsError): void;
  /** @returns The SUB commands that follow CONNECT. */
  resubscribe(): string;
  /** Reports an error that no call gets. Never throws. */
  report(error: NatsError): void;
}

/** Result of an attempt. */
interface Turn {
  readonly tried: PooledServer;
  /** The error, if the attempt failed. */
  readonly failure: NatsError | undefined;
  /** `true` if no more attempts may follow. */
  readonly last: boolean;
}

/** Search for a server that accepts a connection, at the pace of the options. */
export class Dialler {
  #options: ResolvedOptions;
  readonly #connect: Connect;
  readonly #subscriptions: Subscriptions;
  readonly #owner: DiallerOwner;
  readonly #pool: ServerPool;
  /**
   * Strategy that replaces the next server by another one, with milliseconds to wait first. An error that it
   * throws ends the attempts. Used by the nats-core API.
   */
  choose: ((turn: PooledServer) => { server: PooledServer; delay: number }) | undefined;
  #stopped = false;
  /** `true` once a connection was encrypted. No later one may be without TLS. */
  #encrypted = false;
  /** The next attempt is made at once. */
  #hurried = false;
  #wait: { timer: NodeJS.Timeout; resolve: () => void } | undefined;

  /**
   * @param options The connection's options.
   * @param connect Opens transports.
   * @param subscriptions Receive the messages of every connection.
   * @param owner Receives the events of attempts and connections.
   */
  constructor(
    options: ResolvedOptions,
    connect: Connect,
    subscriptions: Subscriptions,
    owner: DiallerOwner,
  ) {
    this.#options = options;
    this.#connect = connect;
    this.#subscriptions = subscriptions;
    this.#owner = owner;
    this.#pool = new ServerPool(options, (error) => owner.report(error));
  }

  /** Addresses that may be dialled. */
  get servers(): readonly string[] {
    return this.#pool.names;
  }

  /** The servers with their history. */
  get pooled(): readonly PooledServer[] {
    return this.#pool.servers;
  }

  /** Learns the servers of the cluster. @returns The change. */
  learn(urls: readonly string[], current: ServerAddress): ServersChange {
    return this.#pool.learn(urls, current);
  }

  /** Replaces all servers, learned ones too. */
  setServers({ servers, authenticator }: Pick<ResolvedOptions, "servers" | "authenticator">): void {
    this.#options = { ...this.#options, authenticator };
    this.#pool.set(servers);
  }

  /** Tries each server once. @returns The error if all failed. */
  async first(): Promise<NatsError | undefined> {
    const failures: NatsError[] = [];
    for (const server of this.#pool.servers) {
      const { failure, last } = await this.#turn(server);
      if (failure === undefined || last) return failure;
      failures.push(failure);
    }
    return summary(failures);
  }

  /**
   * Tries servers until one accepts the connection.
   *
   * @param lost The error that ended the previous connection.
   * @returns The error that ended the attempts; `undefined` after success and after {@link stop}.
   */
  async again(lost: NatsError): Promise<NatsError | undefined> {
    if (this.#options.maxReconnectAttempts === 0 && !this.#hurried) return lost;
    while (!this.#stopped) {
      const { server, delay } = this.#pool.next();
      if (delay > 0 && !this.#hurried) await this.#sleep(delay);
      if (this.#stopped) return undefined;
      this.#hurried = false;
      const { tried, failure, last } = await this.#turn(server);
      if (failure === undefined || last) return failure;
      const reason = this.#pool.failed(tried, failure);
      if (reason !== undefined) return reason;
    }
    return undefined;
  }

  /** Makes the next attempt at once. */
  hurry(): void {
    this.#hurried = true;
    this.#wake();
  }

  /** Ends the attempts. */
  stop(): void {
    this.#stopped = true;
    this.#wake();
  }

  /** Tries the next server, or the one that {@link choose} prefers. */
  async #turn(server: PooledServer): Promise<Turn> {
    try {
      const chosen = this.choose?.(server) ?? { server, delay: 0 };
      if (chosen.delay > 0) await this.#sleep(chosen.delay);
      if (this.#stopped) return { tried: chosen.server, failure: undefined, last: true };
      return { tried: chosen.server, failure: await this.#try(chosen.server), last: false };
    } catch (error) {
      return { tried: server, failure: error as NatsError, last: true };
    }
  }

  /** @returns The error, if the attempt failed. */
  async #try(server: PooledServer): Promise<NatsError | undefined> {
    const owner = this.#owner;
    const { readerBufferSize } = this.#options;
    const connection = new ServerConnection(
      server.address,
      readerBufferSize,
      this.#subscriptions,
      owner.gate,
      owner,
    );
    owner.dialling(connection, server.failures + 1);
    this.#pool.dialled(server);
    try {
      const resubscribe = () => owner.resubscribe();
      await dial(connection, this.#options, this.#connect, resubscribe, this.#encrypted);
      this.#encrypted ||= connection.encrypted;
      this.#pool.opened(server);
      return undefined;
    } catch (cause) {
      const error = cause as NatsError;
      owner.dialFailed(connection, error);
      return error;
    }
  }

  #sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      this.#wait = { timer: setTimeout(resolve, milliseconds), resolve };
    });
  }

  #wake(): void {
    clearTimeout(this.#wait?.timer);
    this.#wait?.resolve();
  }
}

/** @returns One error for all servers that failed. */
function summary(failures: readonly NatsError[]): NatsError {
  if (failures.length === 1) return failures[0]!;
  const message = failures.map((failure) => failure.message).join("; ");
  return new ConnectionError(message, { cause: new AggregateError(failures, message) });
}
