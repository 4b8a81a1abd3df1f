import { setTimeout as sleep } from "node:timers/promises";
import type { ChaosCluster } from "./cluster.js";
import type { FaultLog } from "./fault-log.js";
import type { Random } from "./random.js";
import { STREAMS } from "./streams.js";

/** Milliseconds that the cluster has to recover before the next fault. */
const RECOVERY = 20_000;

/** Faults of servers, one after the other: the next one begins when the cluster is healthy again. */
export class ServerFaults {
  readonly #cluster: ChaosCluster;
  readonly #log: FaultLog;
  readonly #random: Random;
  readonly #stop: AbortSignal;
  /** Number of servers that the rolling restart has reached. */
  #rolling = 0;

  constructor(cluster: ChaosCluster, log: FaultLog, random: Random, stop: AbortSignal) {
    this.#cluster = cluster;
    this.#log = log;
    this.#random = random;
    this.#stop = stop;
  }

  /** Runs until the run stops. All servers work afterwards. */
  async run(): Promise<void> {
    for (;;) {
      const kinds = [this.#kill, this.#pause, this.#stepDown, this.#lameDuck];
      for (const fault of this.#random.shuffle(kinds)) {
        await sleep(this.#random.between(200, 800));
        if (this.#stop.aborted) return;
        await fault.call(this);
        await this.#cluster.healthy(RECOVERY);
      }
    }
  }

  async #kill(): Promise<void> {
    const victim = await this.#victim(0.5);
    const pause = this.#random.between(200, 1_500);
    await this.#log.record("kill", `n${victim}`, async () => {
      await this.#cluster.brokers[victim]!.stop("SIGKILL");
      await sleep(pause);
      await this.#cluster.brokers[victim]!.start();
    });
  }

  /** Freezes one server, or both followers of a stream, so that there is no majority. */
  async #pause(): Promise<void> {
    const one = await this.#victim(0.3);
    const both = this.#random.chance(0.3);
    const duration = this.#random.between(1_000, 5_000);
    const leader = await this.#cluster.leaderOf(this.#random.pick(STREAMS).name);
    const all = both && leader !== undefined ? [0, 1, 2].filter((i) => i !== leader) : [one];
    const brokers = all.map((i) => this.#cluster.brokers[i]!);
    await this.#log.record("stop", all.map((i) => `n${i}`).join("+"), async () => {
      await Promise.all(brokers.map((broker) => broker.pause()));
      await sleep(duration);
      for (const broker of brokers) broker.resume();
    });
  }

  async #stepDown(): Promise<void> {
    const { name } = this.#random.pick(STREAMS);
    const leader = await this.#cluster.leaderOf(name);
    try {
      await this.#log.record("step-down", `n${leader}`, () => this.#cluster.stepDown(name));
    } catch {
      // The stream has no leader just now. This fault does not count.
    }
  }

  async #lameDuck(): Promise<void> {
    const index = this.#rolling++ % this.#cluster.brokers.length;
    const broker = this.#cluster.brokers[index]!;
    const farewell = this.#random.between(1_500, 3_000);
    await this.#log.record("lame duck", `n${index}`, async () => {
      broker.lameDuck();
      await sleep(farewell);
      // The server has handed over its leaders and informed its clients. By itself it would run for another half
      // minute, and SIGTERM takes up to ten seconds in this mode.
      await broker.restart("SIGKILL");
    });
  }

  /** @returns The leader of a stream with the given probability, else any server. */
  async #victim(probability: number): Promise<number> {
    const { name } = this.#random.pick(STREAMS);
    const any = this.#random.between(0, this.#cluster.brokers.length - 1);
    const leads = this.#random.chance(probability);
    return (leads ? await this.#cluster.leaderOf(name) : undefined) ?? any;
  }
}
