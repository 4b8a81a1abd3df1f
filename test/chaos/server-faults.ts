import { setTimeout as sleep } from "node:timers/promises";
import type { ChaosCluster } from "./cluster.js";
import type { FaultLog } from "./fault-log.js";
import type { Random } from "./random.js";
import { STREAMS } from "./streams.js";

/** Milliseconds that the cluster gets to recover before the next fault comes all the same. */
const RECOVERY = 20_000;

/** Faults of servers, one after the other: the next one comes when the cluster is whole again. */
export class ServerFaults {
  readonly #cluster: ChaosCluster;
  readonly #log: FaultLog;
  readonly #random: Random;
  readonly #stop: AbortSignal;
  /** The server whose turn of the rolling restart it is. */
  #rolling = 0;

  constructor(cluster: ChaosCluster, log: FaultLog, random: Random, stop: AbortSignal) {
    this.#cluster = cluster;
    this.#log = log;
    this.#random = random;
    this.#stop = stop;
  }

  /** Goes on until it is stopped, and leaves all servers at work. */
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

  /** Lets one server stand still, or both followers of a stream, so that there is no majority. */
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
    await this.#log.record("step-down", `n${leader}`, () => this.#cluster.stepDown(name));
  }

  async #lameDuck(): Promise<void> {
    const index = this.#rolling++ % this.#cluster.brokers.length;
    const broker = this.#cluster.brokers[index]!;
    const farewell = this.#random.between(1_500, 3_000);
    await this.#log.record("lame duck", `n${index}`, async () => {
      broker.lameDuck();
      await sleep(farewell);
      // By now it leads nothing and has told its clients. Left alone it would stay for another half minute, and a
      // SIGTERM meanwhile may take it ten seconds.
      await broker.restart("SIGKILL");
    });
  }

  /** @returns The leader of a stream, with the probability given, or any server. */
  async #victim(probability: number): Promise<number> {
    const { name } = this.#random.pick(STREAMS);
    const any = this.#random.between(0, this.#cluster.brokers.length - 1);
    const leads = this.#random.chance(probability);
    return (leads ? await this.#cluster.leaderOf(name) : undefined) ?? any;
  }
}
