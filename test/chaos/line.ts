import { setTimeout as sleep } from "node:timers/promises";
import { type Network, startNetwork } from "../support/network.js";

const NOTHING = Buffer.alloc(0);

/** Network between one client and all servers. */
export class Line implements AsyncDisposable {
  readonly name: string;
  /** Addresses for the client, without user information. */
  readonly addresses: readonly string[];
  readonly #networks: readonly Network[];

  private constructor(name: string, networks: readonly Network[]) {
    this.name = name;
    this.#networks = networks;
    this.addresses = networks.map(({ port }) => `127.0.0.1:${port}`);
  }

  /**
   * @param name Name of the client.
   * @param cluster Servers by their ports on this machine.
   */
  static async open(
    name: string,
    cluster: { readonly brokers: readonly { readonly port: number }[] },
  ): Promise<Line> {
    const networks = cluster.brokers.map(({ port }) => startNetwork(port));
    return new Line(name, await Promise.all(networks));
  }

  /** Ends all TCP streams at once. */
  cut(): void {
    for (const network of this.#networks) network.cut();
  }

  /** Delays every piece by `delay` milliseconds, for `duration` milliseconds. */
  async delay(delay: number, duration: number): Promise<void> {
    for (const network of this.#networks) network.delay = delay;
    await sleep(duration);
    for (const network of this.#networks) network.delay = 0;
  }

  /** Accepts all bytes and forwards none for `duration` milliseconds, then cuts. */
  async swallow(duration: number): Promise<void> {
    this.alter(() => NOTHING);
    await sleep(duration);
    // Cut first: a TCP stream with a gap must not continue.
    this.cut();
    this.alter((bytes) => bytes);
  }

  /** Sets a function that changes every piece. */
  alter(change: (bytes: Buffer) => Buffer): void {
    for (const network of this.#networks) network.alter = change;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#networks.map((network) => network[Symbol.asyncDispose]()));
  }
}
