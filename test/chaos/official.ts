import { setTimeout as sleep } from "node:timers/promises";
import { AckPolicy, type Consumer, jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { AppendLedger } from "./append-ledger.js";
import { APPEND_TIMEOUT } from "./appenders.js";
import type { Clients } from "./clients.js";
import { USER } from "./cluster.js";
import { STREAMS } from "./streams.js";
import { WorkerLedger } from "./workers.js";

/** Official client with default options, for comparison only: one appender, one consumer. */
export class Official {
  readonly ledger: AppendLedger;
  readonly worker: WorkerLedger;
  readonly #stream = STREAMS[0]!;
  #appending!: NatsConnection;
  #consuming!: NatsConnection;
  #consumer!: Consumer;

  constructor() {
    const { name } = this.#stream;
    this.ledger = new AppendLedger("official-one", name, {
      ordered: true,
      withId: true,
      ours: false,
    });
    this.worker = new WorkerLedger("official", name, undefined);
  }

  async start(clients: Clients): Promise<void> {
    const [appending, consuming] = await Promise.all(
      [this.ledger.name, this.worker.name].map(async (name) => {
        const { addresses } = await clients.line(name);
        return connect({ servers: [...addresses], ...USER });
      }),
    );
    this.#appending = appending!;
    this.#consuming = consuming!;
    const { name } = this.#stream;
    const manager = await jetstreamManager(this.#consuming);
    const config = { durable_name: this.worker.name, ack_policy: AckPolicy.Explicit };
    await manager.consumers.add(name, config);
    this.#consumer = await jetstream(this.#consuming).consumers.get(name, this.worker.name);
  }

  async append(stop: AbortSignal): Promise<void> {
    const { ledger } = this;
    const client = jetstream(this.#appending);
    while (!stop.aborted) {
      const n = ledger.next();
      const from = performance.now();
      try {
        const { seq } = await client.publish(
          `${this.#stream.prefix}${ledger.name}`,
          JSON.stringify({ n }),
          { msgID: ledger.idOf(n), timeout: APPEND_TIMEOUT },
        );
        ledger.acknowledge(n, seq, from);
      } catch (error) {
        ledger.reject(n, error, from);
        await sleep(50);
      }
      await sleep(2);
    }
  }

  /** Consumes until the connection is closed. */
  async consume(): Promise<void> {
    try {
      for await (const message of await this.#consumer.consume()) {
        this.worker.handle(message.seq);
        message.ack();
      }
    } catch {
      // The table shows how many messages it handled.
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.#appending.close(), this.#consuming.close()]);
  }
}
