/** Kinds of faults that a run must have had. */
export const FAULT_KINDS = [
  "kill",
  "stop",
  "step-down",
  "lame duck",
  "cut",
  "delay",
  "swallow",
] as const;

export type FaultKind = (typeof FAULT_KINDS)[number];

/** Fault in the run. Times are milliseconds of `performance.now()`. */
export interface Fault {
  readonly kind: FaultKind;
  /** Names of the servers, or name of the client, that failed. */
  readonly target: string;
  readonly from: number;
  readonly until: number;
}

/** Log of all faults, to show with each failed append the faults at that time. */
export class FaultLog {
  readonly #faults: Fault[] = [];

  /** Records a fault that lasts as long as the work. */
  async record(kind: FaultKind, target: string, work: () => unknown): Promise<void> {
    const from = performance.now();
    await work();
    this.#faults.push({ kind, target, from, until: performance.now() });
  }

  /** @returns The number of faults of a kind. */
  count(kind: FaultKind): number {
    return this.#faults.filter((fault) => fault.kind === kind).length;
  }

  /** @returns Milliseconds of the longest fault of a kind. */
  longest(kind: FaultKind): number {
    const faults = this.#faults.filter((fault) => fault.kind === kind);
    return Math.max(0, ...faults.map(({ from, until }) => until - from));
  }

  /** @returns The faults of the servers and of one client during a time, and shortly before it. */
  during(from: number, until: number, client: string): Fault[] {
    return this.#faults.filter(
      (fault) =>
        fault.from <= until &&
        fault.until >= from - AFTERMATH &&
        (fault.target === client || SERVERS.test(fault.target)),
    );
  }
}

/** Targets of the faults of servers, for example "n0+n2". */
const SERVERS = /^n\d/;

/** Milliseconds that a fault has effects after its end, for example the election of a leader. */
const AFTERMATH = 3_000;
