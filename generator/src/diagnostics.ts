/** A place in one of the document's files. */
export interface Place {
  /** The file's path, as the author of the document would write it. */
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  /** Counted from 1. */
  readonly column: number;
}

/** A problem of the document that its author should know. */
export interface Diagnostic extends Place {
  /** An error stops the generation. A warning says what the generator assumed or skipped. */
  readonly severity: "error" | "warning";
  /** Stable name of the kind of problem, for example `unresolved-reference`. */
  readonly code: string;
  /** Description of the problem. */
  readonly message: string;
  /** Way to correct it. */
  readonly fix: string;
}

/** A diagnostic without its place, which is added where it is reported. */
export type Finding = Pick<Diagnostic, "code" | "message" | "fix">;

/** Collects the diagnostics of one run, in the order of the document, without duplicates. */
export class Diagnostics {
  readonly #all = new Map<string, Diagnostic>();

  /** @param diagnostic Ignored if the same one exists for the same place. */
  add(diagnostic: Diagnostic): void {
    const { file, line, column, code, message } = diagnostic;
    const identity = [file, line, column, code, message].join("\n");
    if (!this.#all.has(identity)) this.#all.set(identity, diagnostic);
  }

  /** `true` if there is an error, which stops the generation. */
  get failed(): boolean {
    return this.list().some(({ severity }) => severity === "error");
  }

  /** All diagnostics, by file in the order of their first mention, then by place. */
  list(): readonly Diagnostic[] {
    const all = [...this.#all.values()];
    const files = [...new Set(all.map(({ file }) => file))];
    return all.sort(
      (a, b) =>
        files.indexOf(a.file) - files.indexOf(b.file) || a.line - b.line || a.column - b.column,
    );
  }
}
