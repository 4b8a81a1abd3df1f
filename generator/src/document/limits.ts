/**
 * Limits of a document. They stop a malicious document before it reaches a library that trusts its
 * input, and count what a document contains, never time or memory: a busy machine reads the same
 * documents as an idle one.
 */
export const limits = {
  /** Bytes of all files together. */
  bytes: 16 * 1024 * 1024,
  /** Number of files reached by references. */
  files: 2_000,
  /** Nesting depth of objects and arrays in a file. */
  depth: 256,
  /** Number of references in a chain from value to value. */
  chain: 400,
  /** Number of values with references and aliases written out, for each value in the files. */
  growth: 100,
  /** Number of values that every document may have with references and aliases written out. */
  small: 100_000,
} as const;
