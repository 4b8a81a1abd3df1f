import { setTimeout as sleep } from "node:timers/promises";
import type { NatsError } from "alternats";
import { consume, type Worker } from "alternats/jetstream";
import type { Clients } from "./clients.js";
import type { Stored } from "./judge.js";
import { type EntryStream, STREAMS } from "./streams.js";
import type { Watch } from "./watch.js";

/**
 * Milliseconds until a message that was lost on its way to a worker comes again. The default of 30 s would make every
 * run that much longer.
 */
const ACK_WAIT = 5_000;

/** Messages that the workers of one durable consumer handled. */
export class WorkerLedger {
  readonly name: string;
  readonly stream: string;
  /** Appender of the messages to consume; `undefined` for all appenders. */
  readonly appender: string | undefined;
  /** Number of times that each sequence was handled. */
  readonly handled = new Map<number, number>();
  /** Errors of workers that ended by themselves. */
  readonly failures: NatsError[] = [];

  constructor(name: string, stream: string, appender: string | undefined) {
    this.name = name;
    this.stream = stream;
    this.appender = appender;
  }

  readonly handle = (sequence: number): void => {
    this.handled.set(sequence, (this.handled.get(sequence) ?? 0) + 1);
  };

  /** @returns Sequences of stored messages that were not handled. */
  missing(stored: readonly Stored[]): number[] {
    return stored
      .filter(({ appender }) => this.appender === undefined || this.appender === appender)
      .filter(({ sequence }) => !this.handled.has(sequence))
      .map(({ sequence }) => sequence);
  }

  /** Number of messages that were handled more than once. */
  get repeated(): number {
    return [...this.handled.values()].filter((times) => times > 1).length;
  }
}

/** Workers of the run: for each stream, two that share all messages, and one with a slow handler for one appender. */
export class Workers {
  readonly ledgers: WorkerLedger[] = [];
  readonly #workers: Worker[] = [];
  readonly #clients: Clients;
  #draining = false;

  constructor(clients: Clients) {
    this.#clients = clients;
  }

  async start(): Promise<void> {
    for (const stream of STREAMS) {
      const shared = this.#ledger(`shared-${stream.name}`, stream.name, undefined);
      await this.#start(`${shared.name}-a`, stream, shared, shared.handle);
      await this.#start(`${shared.name}-b`, stream, shared, shared.handle);
      const slow = this.#ledger(
        `slow-${stream.name}`,
        stream.name,
        `without-id-${stream.name.toLowerCase()}`,
      );
      await this.#start(slow.name, stream, slow, async (sequence) => {
        await sleep(1);
        slow.handle(sequence);
      });
    }
  }

  /** Drains all workers. */
  async drain(watch: Watch, limit: number): Promise<void> {
    this.#draining = true;
    await Promise.all(
      this.#workers.map((worker) => watch.within("drain of a worker", limit, worker.drain())),
    );
  }

  #ledger(name: string, stream: string, appender: string | undefined): WorkerLedger {
    const ledger = new WorkerLedger(name, stream, appender);
    this.ledgers.push(ledger);
    return ledger;
  }

  async #start(
    client: string,
    { channel }: EntryStream,
    { name, appender, failures }: WorkerLedger,
    handle: (sequence: number) => unknown,
  ): Promise<void> {
    const worker = await consume(
      await this.#clients.connect(client),
      channel,
      appender === undefined ? {} : { appender },
      (_message, { sequence }) => handle(sequence),
      { durable: name, ackWait: ACK_WAIT },
    );
    this.#workers.push(worker);
    void worker.closed.then((reason) => {
      if (!this.#draining && reason !== undefined) failures.push(reason);
    });
  }
}
