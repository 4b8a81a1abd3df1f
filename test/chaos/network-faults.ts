import { setTimeout as sleep } from "node:timers/promises";
import type { FaultKind, FaultLog } from "./fault-log.js";
import type { Line } from "./line.js";
import type { Random } from "./random.js";

/** Milliseconds between two faults of one client's network, so that outages do not add up. */
const REST = 12_000;

/** Fault with all its random values. */
interface NetworkFault {
  readonly kind: FaultKind;
  readonly strike: (line: Line) => unknown;
}

/** Faults of the clients' networks, all kinds equally often. */
export class NetworkFaults {
  readonly #lines: readonly Line[];
  readonly #log: FaultLog;
  readonly #random: Random;
  readonly #stop: AbortSignal;
  /** Time from which on each network may fail again. */
  readonly #rested = new Map<Line, number>();

  constructor(lines: readonly Line[], log: FaultLog, random: Random, stop: AbortSignal) {
    this.#lines = lines;
    this.#log = log;
    this.#random = random;
    this.#stop = stop;
  }

  /** Runs until the run stops. All networks work afterwards. */
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
        const now = performance.now();
        const line = this.#random
          .shuffle(this.#lines)
          .find((line) => (this.#rested.get(line) ?? 0) < now);
        const { kind, strike } = fault.call(this);
        if (line === undefined) continue;
        this.#rested.set(line, Number.POSITIVE_INFINITY);
        const done = this.#log
          .record(kind, line.name, () => strike(line))
          .then(() => {
            this.#rested.set(line, performance.now() + REST);
            underWay.delete(done);
          });
        underWay.add(done);
      }
    }
  }

  #cut(): NetworkFault {
    return { kind: "cut", strike: (line) => line.cut() };
  }

  #delay(): NetworkFault {
    const [delay, duration] = [this.#random.between(5, 200), this.#random.between(1_000, 4_000)];
    return { kind: "delay", strike: (line) => line.delay(delay, duration) };
  }

  #swallow(): NetworkFault {
    const duration = this.#random.between(500, 4_000);
    return { kind: "swallow", strike: (line) => line.swallow(duration) };
  }
}
