/** A place in one of the document's files. */
export interface Place {
  /** The file, as a reader of the document would name it. */
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  /** Counted from 1. */
  readonly column: number;
}

/** Something about the document that its author should know. */
export interface Diagnostic extends Place {
  /** An error stops the generation; a warning tells what was assumed or left out. */
  readonly severity: "error" | "warning";
  /** A stable name for the kind of problem, for example `unresolved-reference`. */
  readonly code: string;
  /** What is wrong. */
  readonly message: string;
  /** What would mend it. */
  readonly fix: string;
}

/** What a check says about a node; the place is added where it is reported. */
export type Finding = Pick<Diagnostic, "code" | "message" | "fix">;

/** Collects the diagnostics of one run, in the order of the document, each once. */
export class Diagnostics {
  readonly #all = new Map<string, Diagnostic>();

  /** @param diagnostic Kept unless the same was said about the same place. */
  add(diagnostic: Diagnostic): void {
    const { file, line, column, code, message } = diagnostic;
    const identity = [file, line, column, code, message].join("\n");
    if (!this.#all.has(identity)) this.#all.set(identity, diagnostic);
  }

  /** Whether anything was found that stops the generation. */
  get failed(): boolean {
    return this.list().some(({ severity }) => severity === "error");
  }

  /** By file in the order in which the files were named first, then by place. */
  list(): readonly Diagnostic[] {
    const all = [...this.#all.values()];
    const files = [...new Set(all.map(({ file }) => file))];
    return all.sort(
      (a, b) =>
        files.indexOf(a.file) - files.indexOf(b.file) || a.line - b.line || a.column - b.column,
    );
  }
}
