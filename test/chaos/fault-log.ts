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

/** A fault that happened. Times are milliseconds of `performance.now()`. */
export interface Fault {
  readonly kind: FaultKind;
  /** The servers, or the client, that it struck. */
  readonly target: string;
  readonly from: number;
  readonly until: number;
}

/** Faults of a run, so that a failure can be read beside what happened meanwhile. */
export class FaultLog {
  readonly #faults: Fault[] = [];

  /** Records a fault that lasts as long as the work. */
  async record(kind: FaultKind, target: string, work: () => unknown): Promise<void> {
    const from = performance.now();
    await work();
    this.#faults.push({ kind, target, from, until: performance.now() });
  }

  /** @returns How many faults of a kind there were. */
  count(kind: FaultKind): number {
    return this.#faults.filter((fault) => fault.kind === kind).length;
  }

  /** @returns The faults of the servers and of one client that a time had in it, and a while before. */
  during(from: number, until: number, client: string): Fault[] {
    return this.#faults.filter(
      (fault) =>
        fault.from <= until &&
        fault.until >= from - AFTERMATH &&
        (fault.target === client || fault.target.startsWith("n")),
    );
  }
}

/** Milliseconds that a fault may have effects after its end: the election of a leader. */
const AFTERMATH = 3_000;
