import { setTimeout as sleep } from "node:timers/promises";
import { NatsConnection } from "alternats";
import type { Clients } from "./clients.js";
import type { ChaosCluster } from "./cluster.js";
import { Line } from "./line.js";
import type { Random } from "./random.js";
import type { Watch } from "./watch.js";

/** Probability that a piece is corrupted. */
const RATE = 0.02;
/** Milliseconds for a call with a timeout of 1 s. */
const LIMIT = 5_000;
/** Milliseconds within which the connection must work again. */
const RECOVERY = 20_000;

/**
 * Connection with corrupted bytes. It is not part of the sums, because NATS has no checksum. Its account has no
 * streams, so that a corrupted subject cannot reach them.
 */
export class Corruption {
  readonly name: string;
  /** Number of changed bytes. */
  corrupted = 0;
  answered = 0;
  failed = 0;
  recovered = false;
  readonly #random: Random;
  readonly #watch: Watch;

  constructor(name: string, random: Random, watch: Watch) {
    this.name = name;
    this.#random = random;
    this.#watch = watch;
  }

  /** Uses the connection until the run stops, then ends the corruption and checks that the connection recovers. */
  async run(cluster: ChaosCluster, clients: Clients, stop: AbortSignal): Promise<void> {
    await using line = await Line.open(this.name, cluster);
    const nats = new NatsConnection({
      servers: line.addresses,
      // After a corrupted length both sides wait for the rest of a message. Only a PING detects this.
      pingInterval: 1_000,
      onError: clients.report,
    });
    await nats.respond<number, number>(this.name, (value) => value);
    line.alter((bytes) => this.#corrupt(bytes));
    while (!stop.aborted) {
      await this.#ask(nats);
      await sleep(5);
    }
    line.alter((bytes) => bytes);
    // The server may have read a corrupted subscription. Only another connection corrects it.
    line.cut();
    const end = performance.now() + RECOVERY;
    while (!this.recovered && performance.now() < end) {
      this.recovered = await this.#ask(nats);
      await sleep(50);
    }
    await this.#watch.within("close", LIMIT * 2, nats.close());
  }

  /** @returns `true` if an answer came. */
  async #ask(nats: NatsConnection): Promise<boolean> {
    try {
      nats.post(this.name, 0);
      const request = nats.request<number>(this.name, 1, { timeout: 1_000 });
      const answer = await this.#watch.within("request over corrupted bytes", LIMIT, request);
      await this.#watch.within("flush over corrupted bytes", LIMIT, nats.flush({ timeout: 1_000 }));
      if (answer !== undefined) this.answered++;
      return answer !== undefined;
    } catch {
      this.failed++;
      return false;
    }
  }

  #corrupt(bytes: Buffer): Buffer {
    if (!this.#random.chance(RATE)) return bytes;
    this.corrupted++;
    const changed = Buffer.from(bytes);
    const index = this.#random.between(0, bytes.length - 1);
    changed[index] = changed[index]! ^ (1 << this.#random.between(0, 7));
    return changed;
  }
}
