import { ServerError } from "../errors.js";
import { formatServer, type ServerAddress } from "../protocol/server-address.js";
import type { ServerInfo } from "../protocol/server-info.js";
import type { Dialler } from "./dialler.js";
import type { Journal } from "./journal.js";
import type { ServerConnection } from "./server-connection.js";

/** Handler of INFO about the cluster: other servers, and a server that is about to shut down. */
export class Cluster {
  readonly #dialler: Dialler;
  readonly #journal: Journal;
  readonly #leave: (connection: ServerConnection, why: string) => void;
  /** The last server that announced its shutdown. */
  #lameDuck: ServerConnection | undefined;

  /**
   * @param dialler Keeps the servers.
   * @param journal Reports events and errors.
   * @param leave Leaves a server for another one.
   */
  constructor(
    dialler: Dialler,
    journal: Journal,
    leave: (connection: ServerConnection, why: string) => void,
  ) {
    this.#dialler = dialler;
    this.#journal = journal;
    this.#leave = leave;
  }

  /** Handles INFO of a server. */
  heard(info: ServerInfo, from: ServerConnection): void {
    if (Array.isArray(info.connect_urls)) this.#learn(info.connect_urls, from.server);
    if (!info.ldm || from === this.#lameDuck) return;
    this.#lameDuck = from;
    this.#journal.events.emit("lameDuck", { server: formatServer(from.server) });
    if (this.#dialler.servers.length > 1) this.#leave(from, "is about to shut down");
  }

  #learn(urls: readonly string[], server: ServerAddress): void {
    try {
      const change = this.#dialler.learn(urls, server);
      if (change.added.length + change.removed.length === 0) return;
      this.#journal.events.emit("serversChanged", change);
    } catch (cause) {
      // A server's list must not bring the client down.
      const message = `${formatServer(server)} announced servers with invalid addresses.`;
      this.#journal.report(new ServerError(message, { cause }));
    }
  }
}
