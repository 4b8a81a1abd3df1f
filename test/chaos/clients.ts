import { NatsConnection, type NatsError } from "alternats";
import { type ChaosCluster, USER } from "./cluster.js";
import { Line } from "./line.js";

/** Errors with one code. */
export interface Reported {
  times: number;
  /** Message of the first one. */
  readonly first: string;
}

/** Connections of the run, each through its own network. */
export class Clients implements AsyncDisposable {
  /** Networks that may fail. */
  readonly lines: Line[] = [];
  readonly connections: NatsConnection[] = [];
  /** Errors that `onError` received, by code. */
  readonly reported = new Map<string, Reported>();
  readonly #cluster: ChaosCluster;

  constructor(cluster: ChaosCluster) {
    this.#cluster = cluster;
  }

  /** @returns A network for one client, which may fail. */
  async line(name: string): Promise<Line> {
    const line = await Line.open(name, this.#cluster);
    this.lines.push(line);
    return line;
  }

  /** Connects with default options. */
  async connect(name: string): Promise<NatsConnection> {
    const nats = this.connectTo(withUser(await this.line(name)));
    this.connections.push(nats);
    await nats.connect();
    return nats;
  }

  /** Creates a connection with default options that is not part of {@link connections}. */
  connectTo(servers: readonly string[]): NatsConnection {
    return new NatsConnection({ servers, onError: this.report });
  }

  /** Counts an error instead of printing it. */
  readonly report = ({ code, message }: NatsError): void => {
    const reported = this.reported.get(code);
    if (reported === undefined) this.reported.set(code, { times: 1, first: message });
    else reported.times++;
  };

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.lines.map((line) => line[Symbol.asyncDispose]()));
  }
}

/** @returns The addresses of a network, with user information. */
export function withUser({ addresses }: Line): string[] {
  return addresses.map((address) => `nats://${USER.user}:${USER.pass}@${address}`);
}
