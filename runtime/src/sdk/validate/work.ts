import type { CheckIssue } from "./check.js";

/** What a value does not fit, and where it stood when that was found. */
export interface Failure {
  readonly issue: CheckIssue;
  readonly path: string;
}

/** What is known while one value is checked: each part of it is looked at once by each part of its schema. */
export class Work {
  /** Parts of a schema that a part of the value was held against. */
  calls = 0;
  /** What came of it, by the schema's part and the value's; undefined for what fits. */
  readonly results = new Map<object, Map<unknown, Failure | undefined>>();
  /** Which arrays and objects are the same, by what they hold. */
  readonly alike = new Map<string, Alike>();
  /** The same by the array or object itself. */
  readonly alikeTo = new Map<object, Alike>();
}

/** Stands for all values that are the same. */
export class Alike {
  /** Tells it from others of one check. */
  readonly id: number;

  constructor(id: number) {
    this.id = id;
  }
}

let current = new Work();

/** The check that is running. */
export function work(): Work {
  return current;
}

/** Runs one check. A getter of the value may run another meanwhile. */
export function working<T>(check: () => T): T {
  const outer = current;
  current = new Work();
  try {
    return check();
  } finally {
    current = outer;
  }
}
