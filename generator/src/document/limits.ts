/**
 * What a document may cost. A hostile document is stopped here, before a library that trusts its input
 * sees it; the largest public documents stay below a fifth of each limit.
 */
export const limits = {
  /** Bytes of all files together. */
  bytes: 16 * 1024 * 1024,
  /** Files reached by references. */
  files: 2_000,
  /** Objects and arrays inside one another. */
  depth: 256,
  /** Values of one file with its aliases written out. */
  values: 1_000_000,
  /** Values that the parser may be given, with references written out. */
  writtenOut: 100_000,
  /** Milliseconds of a whole run, of which the command makes sure. */
  time: 8_000,
  /** Milliseconds of the processor's time that a run gets in any case: a busy machine is no fault of it. */
  work: 7_000,
  /** Memory of a whole run in MiB, of which the command makes sure. */
  heap: 320,
} as const;
