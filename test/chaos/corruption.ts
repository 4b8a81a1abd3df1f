import { setTimeout as sleep } from "node:timers/promises";
import { NatsConnection } from "alternats";
import type { Clients } from "./clients.js";
import type { ChaosCluster } from "./cluster.js";
import { Line } from "./line.js";
import type { Random } from "./random.js";
import type { Watch } from "./watch.js";

const SUBJECT = "noise";
/** Probability with which a piece is corrupted. */
const RATE = 0.02;
/** Milliseconds for a call that gives up after 1 s by itself. */
const LIMIT = 5_000;
/** Milliseconds within which a connection works again. */
const RECOVERY = 20_000;

/**
 * A connection whose bytes are corrupted on their way, outside the sums: NATS has no checksum. Its account has no
 * streams, so that a subject that comes about by accident harms nobody.
 */
export class Corruption {
  /** Bytes that were changed. */
  corrupted = 0;
  answered = 0;
  failed = 0;
  recovered = false;
  readonly #random: Random;
  readonly #watch: Watch;

  constructor(random: Random, watch: Watch) {
    this.#random = random;
    this.#watch = watch;
  }

  /** Uses the connection until it is stopped, then leaves the bytes alone and sees whether it recovers. */
  async run(cluster: ChaosCluster, clients: Clients, stop: AbortSignal): Promise<void> {
    await using line = await Line.open("corruption", cluster);
    const nats = new NatsConnection({
      servers: line.addresses,
      // A corrupted length leaves both sides waiting for the rest of a message: only a PING notices.
      pingInterval: 1_000,
      onError: clients.report,
    });
    await nats.respond<number, number>(SUBJECT, (value) => value);
    line.alter((bytes) => this.#corrupt(bytes));
    while (!stop.aborted) {
      await this.#ask(nats);
      await sleep(5);
    }
    line.alter((bytes) => bytes);
    // The server may have misread a subscription, which nobody can know before the next connection.
    line.cut();
    const end = performance.now() + RECOVERY;
    while (!this.recovered && performance.now() < end) {
      this.recovered = await this.#ask(nats);
      await sleep(50);
    }
    await this.#watch.within("close", LIMIT * 2, nats.close());
  }

  /** @returns Whether there was an answer. */
  async #ask(nats: NatsConnection): Promise<boolean> {
    try {
      nats.post(SUBJECT, 0);
      const request = nats.request<number>(SUBJECT, 1, { timeout: 1_000 });
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
