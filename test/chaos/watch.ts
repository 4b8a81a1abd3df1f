import { clearTimeout, setTimeout } from "node:timers";

/** Counts of promises of one kind. */
export interface Settling {
  begun: number;
  settled: number;
  /** Milliseconds of the slowest promise that settled within its limit. */
  longest: number;
}

/** Checks that promises settle within a limit. */
export class Watch {
  readonly kinds = new Map<string, Settling>();

  /**
   * @param kind Name of the kind of promise.
   * @param limit Milliseconds that it may take.
   * @param promise Promise that must settle.
   * @returns Settles as the promise does; with `undefined` when the limit is over.
   */
  async within<T>(kind: string, limit: number, promise: Promise<T>): Promise<T | undefined> {
    const settling = this.kinds.get(kind) ?? { begun: 0, settled: 0, longest: 0 };
    this.kinds.set(kind, settling);
    settling.begun++;
    const from = performance.now();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<"late">((resolve) => {
      timer = setTimeout(resolve, limit, "late");
    });
    const settled = promise.finally(() => clearTimeout(timer));
    const first = await Promise.race([
      settled.then(
        () => "settled" as const,
        () => "settled" as const,
      ),
      late,
    ]);
    if (first === "late") return undefined;
    settling.settled++;
    settling.longest = Math.max(settling.longest, performance.now() - from);
    return settled;
  }
}
