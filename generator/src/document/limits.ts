/**
 * Limits of a document. They stop a malicious document before it reaches a library that trusts its
 * input. The largest public documents use less than a fifth of each limit.
 */
export const limits = {
  /** Bytes of all files together. */
  bytes: 16 * 1024 * 1024,
  /** Number of files reached by references. */
  files: 2_000,
  /** Nesting depth of objects and arrays. */
  depth: 256,
  /** Number of values in one file with its aliases expanded. */
  values: 1_000_000,
  /** Number of values that the parser may get, with references expanded. */
  writtenOut: 100_000,
  /** Milliseconds of a whole run, enforced by the command. */
  time: 8_000,
  /**
   * Milliseconds of processor time that a run always gets, so that a busy machine does not fail it.
   */
  work: 7_000,
  /** Memory of a whole run in MiB, enforced by the command. */
  heap: 320,
} as const;
