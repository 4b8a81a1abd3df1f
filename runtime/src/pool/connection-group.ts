import { ForwardingCommand } from "../commands/forwarding-command.js";
import type { NatsCommand, WaitOptions } from "../commands/nats-command.js";
import type { NatsError } from "../errors.js";
import { callOf } from "../waiting/call.js";
import type { DrainOptions } from "../waiting/deadline.js";

/** One connection or several: a {@link NatsConnection}, a pool or shards. */
export interface HostedNats extends NatsCommand, AsyncDisposable {
  /** Connects all connections, as {@link NatsConnection.connect}. */
  connect(): Promise<void>;
  /** Drains all connections, as {@link NatsConnection.drain}. */
  drain(options?: DrainOptions): Promise<void>;
  /** Closes all connections, as {@link NatsConnection.close}. */
  close(): Promise<void>;
}

/** Base of a pool and of shards: several members that connect and end together. */
export abstract class ConnectionGroup extends ForwardingCommand implements HostedNats {
  readonly #members: readonly HostedNats[];

  /** @param members Connections or pools, at least one. */
  constructor(members: readonly HostedNats[]) {
    super();
    this.#members = members;
  }

  /** Connects all connections. @returns Settles when all are open; rejects as {@link NatsConnection.connect}. */
  connect(): Promise<void> {
    return this.#all((member) => member.connect());
  }

  /** Drains all connections. @param options As there. @returns As {@link NatsConnection.drain}, for all of them. */
  drain(options?: DrainOptions): Promise<void> {
    return this.#all((member) => member.drain(options));
  }

  /** Closes all connections. @returns As {@link NatsConnection.close}, for all of them. */
  close(): Promise<void> {
    return this.#all((member) => member.close());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  override createInbox(): string {
    return this.#members[0]!.createInbox();
  }

  override report(error: NatsError): void {
    this.#members[0]!.report(error);
  }

  /**
   * Waits until the servers have received everything that was published before, over any connection.
   *
   * @param options As in {@link NatsCommand.flush}, for each connection.
   * @returns Settles when all servers have confirmed; rejects as {@link NatsCommand.flush}.
   */
  override flush(options?: WaitOptions): Promise<void> {
    return this.#all((member) => member.flush(options));
  }

  #all(call: (member: HostedNats) => Promise<void>): Promise<void> {
    return callOf(async () => {
      await Promise.all(this.#members.map(call));
    }, this);
  }
}
