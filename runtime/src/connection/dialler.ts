import { ConnectionError, type NatsError } from "../errors.js";
import type { ResolvedOptions } from "../options/nats-options.js";
import type { ServerAddress } from "../protocol/server-address.js";
import type { Connect } from "../transport/transport.js";
import { dial } from "./dial.js";
import { ServerConnection, type ServerEvents } from "./server-connection.js";
import { type PooledServer, ServerPool, type ServersChange } from "./server-pool.js";
import type { Subscriptions } from "./subscriptions.js";

/** Whose connections are dialled. */
export interface DiallerOwner extends ServerEvents {
  /** An attempt begins. @param attempt Which one on this server since it was used last, from 1 on. */
  dialling(connection: ServerConnection, attempt: number): void;
  /** The attempt failed. */
  dialFailed(connection: ServerConnection, error: NatsError): void;
  /** @returns The SUB commands that follow CONNECT. */
  resubscribe(): string;
  /** Takes errors that belong to nobody. Never throws. */
  report(error: NatsError): void;
}

/** How an attempt went. */
interface Turn {
  readonly tried: PooledServer;
  /** Why the server could not be used, if it could not. */
  readonly failure: NatsError | undefined;
  /** Whether there are to be no more attempts. */
  readonly last: boolean;
}

/** Looks for a server that accepts a connection, at the pace that the options allow. */
export class Dialler {
  #options: ResolvedOptions;
  readonly #connect: Connect;
  readonly #subscriptions: Subscriptions;
  readonly #owner: DiallerOwner;
  readonly #pool: ServerPool;
  /**
   * Chooses another server than the one whose turn it is, and the milliseconds to wait before; what it throws
   * ends the attempts. For faces of this package.
   */
  choose: ((turn: PooledServer) => { server: PooledServer; delay: number }) | undefined;
  #stopped = false;
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

  /** The addresses that may be dialled. */
  get servers(): readonly string[] {
    return this.#pool.names;
  }

  /** What is known of them. */
  get pooled(): readonly PooledServer[] {
    return this.#pool.servers;
  }

  /** The cluster told which servers it has. @returns What is new by this. */
  learn(urls: readonly string[], current: ServerAddress): ServersChange {
    return this.#pool.learn(urls, current);
  }

  /** Replaces all servers, the learned ones too. */
  setServers({ servers, authenticator }: Pick<ResolvedOptions, "servers" | "authenticator">): void {
    this.#options = { ...this.#options, authenticator };
    this.#pool.set(servers);
  }

  /** Tries each server once. @returns Why none could be used; `undefined` when one could. */
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
   * Tries servers until one can be used.
   *
   * @param lost Why the connection before is lost.
   * @returns Why no more attempts are made; `undefined` when one could be used, or after {@link stop}.
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

  /** Has the next attempt made at once. */
  hurry(): void {
    this.#hurried = true;
    this.#wake();
  }

  /** No more attempts are made. */
  stop(): void {
    this.#stopped = true;
    this.#wake();
  }

  /** Tries the server whose turn it is, or the one that is chosen instead. */
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

  /** @returns Why the server could not be used; `undefined` when it could. */
  async #try(server: PooledServer): Promise<NatsError | undefined> {
    const owner = this.#owner;
    const { readerBufferSize } = this.#options;
    const connection = new ServerConnection(
      server.address,
      readerBufferSize,
      this.#subscriptions,
      owner,
    );
    owner.dialling(connection, server.failures + 1);
    this.#pool.dialled(server);
    try {
      await dial(connection, this.#options, this.#connect, () => owner.resubscribe());
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
  return new ConnectionError(failures.map((failure) => failure.message).join("; "), {
    cause: new AggregateError(failures),
  });
}
