import { clearTimeout, setTimeout } from "node:timers";

/** Promises of one kind. */
export interface Settling {
  begun: number;
  settled: number;
  /** Milliseconds that the slowest took that settled within its limit. */
  longest: number;
}

/** Watches promises that must settle, whatever happens. */
export class Watch {
  readonly kinds = new Map<string, Settling>();

  /**
   * @param kind Name of what is waited for.
   * @param limit Milliseconds that it may take.
   * @param promise What is waited for.
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
