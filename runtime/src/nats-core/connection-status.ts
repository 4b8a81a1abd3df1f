import {
  errors,
  type Features,
  parseSemVer,
  type QueuedIterator,
  type ReconnectToServerHandler,
  type Server,
  type ServerInfo,
  type Status,
} from "@nats-io/nats-core/internal";
import type { Engine } from "../connection/engine.js";
import type { PooledServer } from "../connection/server-pool.js";
import {
  AuthorizationError,
  ConnectionError,
  HandlerError,
  type NatsError,
  PermissionViolationError,
  ServerError,
} from "../errors.js";
import type { ServerAddress } from "../protocol/server-address.js";
import type { EngineProtocol } from "./engine-protocol.js";
import { asError, coreError } from "./errors.js";
import { address } from "./options.js";
import { Statuses } from "./statuses.js";

/** Status of the engine's connection, and its servers, in the form of the official client. */
export class ConnectionStatus {
  /** The current server, or the last one: `host:port`. */
  server = "";
  /**
   * Resolves when the connection has ended permanently and all listeners were called; with the
   * reason, if there is one.
   */
  readonly closed: Promise<Error | undefined>;

  readonly #engine: Engine;
  readonly #features: Features;
  readonly #statuses = new Statuses();
  /** Servers that have accepted the connection. */
  readonly #used = new Set<string>();
  /** The server's last error before it closed the connection. */
  #lastError: Error | undefined;

  /**
   * @param engine The engine.
   * @param protocol Notified of the end, and of errors of the server.
   * @param features Updated with the server's version.
   */
  constructor(engine: Engine, protocol: EngineProtocol, features: Features) {
    const { lifecycle, journal } = engine;
    this.#engine = engine;
    this.#features = features;
    if (lifecycle.state === "open") this.#opened();
    journal.events.on("opened", ({ reconnected }) => {
      this.#opened();
      if (reconnected) this.tell({ type: "reconnect", server: this.server });
    });
    journal.events.on("disconnected", () => this.tell({ type: "disconnect", server: this.server }));
    journal.events.on("reconnecting", () => this.tell({ type: "reconnecting" }));
    journal.events.on("reconnectFailed", ({ error }) => {
      if (error instanceof AuthorizationError) this.#serverError(coreError(error));
    });
    lifecycle.onHeartbeat = (pendingPings) => this.tell({ type: "ping", pendingPings });
    journal.events.on("lameDuck", () => this.tell({ type: "ldm", server: this.server }));
    journal.events.on("staleConnection", () => this.tell({ type: "staleConnection" }));
    journal.events.on("serversChanged", ({ added, removed }) =>
      this.tell({ type: "update", added: added.map(bare), deleted: removed.map(bare) }),
    );
    journal.events.on("error", ({ error }) => {
      // closed() reports the error that ends the connection.
      if (error instanceof ConnectionError && lifecycle.state !== "open") return;
      if (isServerError(error)) {
        const said = coreError(error);
        protocol.refuse(said);
        this.#serverError(said);
      } else {
        this.tell({
          type: "error",
          error: error instanceof HandlerError ? asError(error.cause) : error,
        });
      }
    });
    this.closed = lifecycle.closed().then((reason) => {
      protocol.end();
      this.#statuses.close();
      return reason === undefined ? undefined : this.#whyClosed(reason);
    });
  }

  /** `true` if the program reads the status. */
  get heard(): boolean {
    return this.#statuses.heard;
  }

  /** @returns All further events. */
  listen(): QueuedIterator<Status> {
    return this.#statuses.listen();
  }

  /** Emits an event. */
  tell(status: Status): void {
    this.#statuses.tell(status);
  }

  /** Replaces the servers. @throws InvalidArgumentError of `@nats-io/nats-core`. */
  setServers(servers: readonly string[]): void {
    if (!Array.isArray(servers) || servers.length === 0) {
      throw errors.InvalidArgumentError.format("servers", "cannot be empty");
    }
    try {
      this.#engine.lifecycle.setServers(servers.map(address));
    } catch (cause) {
      throw errors.InvalidArgumentError.format("servers", (cause as Error).message, { cause });
    }
  }

  /** Leaves the current server. */
  reconnect(): void {
    if (this.#engine.lifecycle.state !== "open") return;
    this.tell({ type: "forceReconnect" });
    // The status reports the result.
    this.#engine.lifecycle.reconnect().catch(() => {});
  }

  /** @returns The servers that may be used. */
  servers(): readonly Server[] {
    return this.#engine.lifecycle.dialler.pooled.map((server) => this.#described(server));
  }

  /** Lets a handler choose the server of each attempt. */
  chooseWith(handler: ReconnectToServerHandler): void {
    this.#engine.lifecycle.dialler.choose = (turn) => {
      const others = this.#engine.lifecycle.dialler.pooled.filter((one) => one !== turn);
      const pool = [turn, ...others];
      try {
        const answer = handler(
          pool.map((one) => this.#described(one)),
          (this.#engine.lifecycle.serverInfo as ServerInfo | undefined) ?? null,
        );
        if (answer === null) return { server: turn, delay: 0 };
        const { server, delay } = "server" in answer ? answer : { server: answer, delay: 0 };
        const chosen = pool.find(({ address: place }) => listen(place) === server.listen);
        if (chosen === undefined) throw new Error("returned server is not in the pool");
        return { server: chosen, delay: delay > 0 ? Math.floor(delay) : 0 };
      } catch (cause) {
        const why = asError(cause).message;
        throw new ConnectionError(`client option reconnectToServer handler failed: ${why}`);
      }
    };
  }

  #serverError(error: Error): void {
    if (!(error instanceof errors.PermissionViolationError)) this.#lastError = error;
    this.tell({ type: "error", error });
  }

  #whyClosed(reason: NatsError): Error | undefined {
    if (this.#engine.options.maxReconnectAttempts !== 0) return coreError(reason);
    // No attempt followed: return the server's last error, or the error that broke the connection,
    // if there is one.
    return this.#lastError ?? (reason.cause instanceof Error ? coreError(reason) : undefined);
  }

  #opened(): void {
    const { server, serverInfo } = this.#engine.lifecycle;
    this.server = listen(server!);
    this.#used.add(this.server);
    this.#lastError = undefined;
    this.#features.update(parseSemVer(serverInfo!.version));
  }

  #described({ address: place, seed, failures, dialledAt }: PooledServer): Server {
    const name = listen(place);
    return Object.freeze({
      hostname: place.host,
      port: place.port,
      listen: name,
      src: name,
      tlsName: "",
      reconnects: failures,
      lastConnect: dialledAt < 0 ? 0 : Math.round(performance.timeOrigin + dialledAt),
      gossiped: !seed,
      didConnect: this.#used.has(name),
    });
  }
}

/** Checks for the errors of an -ERR. */
export function isServerError(error: NatsError): boolean {
  return [ServerError, AuthorizationError, PermissionViolationError].some(
    (one) => error instanceof one,
  );
}

/** @returns An address of the engine without its scheme. */
function bare(server: string): string {
  return server.slice(server.indexOf("//") + 2);
}

/** @returns An address as `@nats-io/nats-core` writes it: `host:port`. */
function listen({ host, port }: ServerAddress): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}
