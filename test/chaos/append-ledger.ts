/** An append that was refused, or given up. Times are milliseconds of `performance.now()`. */
export interface Rejection {
  readonly n: number;
  readonly error: unknown;
  readonly from: number;
  readonly until: number;
}

/** Properties of an appender that decide what is asked of it. */
export interface AppenderTraits {
  /** Whether its messages must be stored in the order of their numbers. */
  readonly ordered: boolean;
  /** Whether its messages have ids, so that each must be stored. */
  readonly withId: boolean;
  /** Whether it is alternats; the official client stands beside it for comparison only. */
  readonly ours: boolean;
}

/** Numbers that one appender gave away, and what became of them. */
export class AppendLedger {
  readonly name: string;
  readonly stream: string;
  readonly traits: AppenderTraits;
  /** How many numbers were given away: 1, 2, 3, … */
  attempted = 0;
  /** The sequence that was told for each number. */
  readonly acknowledged = new Map<number, number>();
  readonly rejected: Rejection[] = [];
  /** Milliseconds that the slowest acknowledgement took. */
  longest = 0;

  constructor(name: string, stream: string, traits: AppenderTraits) {
    this.name = name;
    this.stream = stream;
    this.traits = traits;
  }

  /** @returns The next number. */
  next(): number {
    return ++this.attempted;
  }

  /** @returns The id of the message with a number. */
  idOf(n: number): string {
    return `${this.name}-${n}`;
  }

  acknowledge(n: number, sequence: number, from: number): void {
    this.acknowledged.set(n, sequence);
    this.longest = Math.max(this.longest, performance.now() - from);
  }

  reject(n: number, error: unknown, from: number): void {
    this.rejected.push({ n, error, from, until: performance.now() });
  }
}
