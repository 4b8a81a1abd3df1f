/** Append that failed. Times are milliseconds of `performance.now()`. */
export interface Rejection {
  readonly n: number;
  readonly error: unknown;
  readonly from: number;
  readonly until: number;
}

/** Properties of an appender that decide which conditions apply to it. */
export interface AppenderTraits {
  /** `true` if the stream must keep the messages in the order of their numbers. */
  readonly ordered: boolean;
  /** `true` if the messages have ids, so that no append may fail. */
  readonly withId: boolean;
  /** `false` for the official client, which is there for comparison only. */
  readonly ours: boolean;
}

/** Numbers of the messages of one appender, and the result of each append. */
export class AppendLedger {
  readonly name: string;
  readonly stream: string;
  readonly traits: AppenderTraits;
  /** Number of appends that began: 1, 2, 3, … */
  attempted = 0;
  /** Sequence that the engine returned, by number. */
  readonly acknowledged = new Map<number, number>();
  readonly rejected: Rejection[] = [];
  /** Milliseconds of the slowest acknowledgement. */
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
