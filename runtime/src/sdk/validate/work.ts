import type { CheckIssue } from "./check.js";

/** An error of a value, with its place at that time. */
export interface Failure {
  readonly issue: CheckIssue;
  readonly path: string;
}

/**
 * Cache for the check of one value: each part of the value is checked once by each part of the
 * schema.
 */
export class Work {
  /** Number of checks of a part of the value against a part of the schema. */
  calls = 0;
  /** Results by the part of the schema and the part of the value; undefined for a match. */
  readonly results = new Map<object, Map<unknown, Failure | undefined>>();
  /** Equal arrays and objects by their content. */
  readonly alike = new Map<string, Alike>();
  /** Equal arrays and objects by identity. */
  readonly alikeTo = new Map<object, Alike>();
}

/** Identity of all equal values. */
export class Alike {
  /** Number that is unique within one check. */
  readonly id: number;

  constructor(id: number) {
    this.id = id;
  }
}

let current = new Work();

/** Cache of the running check. */
export function work(): Work {
  return current;
}

/** Runs a check. A getter of the value may run another one in the meantime. */
export function working<T>(check: () => T): T {
  const outer = current;
  current = new Work();
  try {
    return check();
  } finally {
    current = outer;
  }
}
