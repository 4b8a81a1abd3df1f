import { parallelism } from "#platform";
import { checkOptions, FUNCTION } from "../arguments.js";
import type { NatsCommand } from "../commands/nats-command.js";
import { NatsConnection } from "../nats-connection.js";
import type { NatsOptions } from "../options/nats-options.js";
import { type Given, option, resolve, wholeNumber } from "../options/option.js";
import { ConnectionGroup } from "./connection-group.js";

/** Made when a pool is, so that bundles without a pool leave them out. */
const poolOptions = () => ({
  /** Number of connections; half the cores by default, at least one. */
  poolSize: option<number | undefined>(wholeNumber(1), undefined),
  /** Called for each connection when it is made, for example to listen to its events. */
  configureConnection: option<((connection: NatsConnection, index: number) => void) | undefined>(
    FUNCTION,
    undefined,
  ),
});

/** Options of a pool: its size, and the options of its connections. */
export interface NatsPoolOptions extends NatsOptions, Given<ReturnType<typeof poolOptions>> {}

/**
 * Several connections that take turns: each command goes to the next one, a batch as a whole. Messages of two
 * calls may overtake each other; where order matters, use one connection.
 *
 * ```ts
 * await using pool = new NatsConnectionPool({ poolSize: 4 });
 * await pool.publish("game.eu-1.chat", { text: "hello" });
 * ```
 */
export class NatsConnectionPool extends ConnectionGroup {
  readonly #connections: readonly NatsConnection[];
  #next = 0;

  /**
   * @param options The pool's size, and the options of its connections. With a `name`, they are called
   *   `name#0`, `name#1` and so on.
   * @throws InvalidArgumentError naming the option.
   */
  constructor(options: NatsPoolOptions = {}) {
    checkOptions(options);
    const { poolSize, configureConnection, ...common } = options;
    resolve(poolOptions(), { poolSize, configureConnection });
    const length = poolSize ?? Math.max(1, parallelism() >> 1);
    const connections = Array.from({ length }, (_, index) => {
      const { name } = common;
      const own = name === undefined ? common : { ...common, name: `${name}#${index}` };
      const connection = new NatsConnection(own);
      configureConnection?.(connection, index);
      return connection;
    });
    super(connections);
    this.#connections = connections;
  }

  /** @returns All connections. */
  getConnections(): readonly NatsConnection[] {
    return this.#connections;
  }

  /** @returns The connection whose turn it is. */
  getConnection(): NatsConnection {
    const connection = this.#connections[this.#next]!;
    this.#next = (this.#next + 1) % this.#connections.length;
    return connection;
  }

  /** @returns The commands of the connection whose turn it is. */
  getCommand(): NatsCommand {
    return this.getConnection();
  }

  protected override commandFor(): NatsCommand {
    return this.getConnection();
  }
}
