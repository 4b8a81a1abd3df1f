/** An import of an account from another account. */
export interface Import {
  /** The account that exports. */
  readonly from: string;
  /** Messages that are published there, or requests that are answered there. */
  readonly kind: "stream" | "service";
  /** A subject of the exporting account, possibly with wildcards. */
  readonly subject: string;
  /** The subject in the importing account, if it is another. */
  readonly local?: string;
  /** The exported subject, if it includes more than this import. */
  readonly exported?: string;
  /** `true` if a request may get any number of replies. */
  readonly manyReplies: boolean;
}

/** Text that is the same for imports of the same subject. */
export function importKey({ from, kind, subject, local = subject }: Import): string {
  return [from, kind, subject, local].join(" ");
}
