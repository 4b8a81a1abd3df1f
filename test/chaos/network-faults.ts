import { setTimeout as sleep } from "node:timers/promises";
import type { FaultLog } from "./fault-log.js";
import type { Line } from "./line.js";
import type { Random } from "./random.js";

/** Milliseconds that a client's network is left alone after a fault, so that outages do not add up. */
const REST = 12_000;

/** Faults of the clients' networks, each kind as often as the others. */
export class NetworkFaults {
  readonly #lines: readonly Line[];
  readonly #log: FaultLog;
  readonly #random: Random;
  readonly #stop: AbortSignal;
  /** When a fault of each line is over and forgotten. */
  readonly #rested = new Map<Line, number>();

  constructor(lines: readonly Line[], log: FaultLog, random: Random, stop: AbortSignal) {
    this.#lines = lines;
    this.#log = log;
    this.#random = random;
    this.#stop = stop;
  }

  /** Goes on until it is stopped, and leaves all networks whole. */
  async run(): Promise<void> {
    const underWay = new Set<Promise<void>>();
    for (;;) {
      const kinds = [this.#cut, this.#delay, this.#swallow];
      for (const fault of this.#random.shuffle(kinds)) {
        await sleep(this.#random.between(200, 1_000));
        if (this.#stop.aborted) {
          await Promise.all(underWay);
          return;
        }
        const rested = this.#lines.filter(
          (line) => (this.#rested.get(line) ?? 0) < performance.now(),
        );
        if (rested.length === 0) continue;
        const line = this.#random.pick(rested);
        this.#rested.set(line, Number.POSITIVE_INFINITY);
        const done = fault.call(this, line).then(() => {
          this.#rested.set(line, performance.now() + REST);
          underWay.delete(done);
        });
        underWay.add(done);
      }
    }
  }

  #cut(line: Line): Promise<void> {
    return this.#log.record("cut", line.name, () => line.cut());
  }

  #delay(line: Line): Promise<void> {
    const delay = this.#random.between(5, 200);
    const duration = this.#random.between(1_000, 4_000);
    return this.#log.record("delay", line.name, () => line.delay(delay, duration));
  }

  #swallow(line: Line): Promise<void> {
    const duration = this.#random.between(500, 4_000);
    return this.#log.record("swallow", line.name, () => line.swallow(duration));
  }
}
