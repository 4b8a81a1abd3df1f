import type { Diagnostic } from "../diagnostics.js";

/** The secrets hold what was asked for, but the broker did not take it; the message says what would be right. */
export class PushError extends Error {
  /** Always `NOT_PUSHED`. */
  readonly code = "NOT_PUSHED";

  /**
   * @param message What is wrong, and what would be right.
   * @param options `cause`: the error underneath, where there is one.
   */
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "PushError";
  }
}

/** A role cannot be had of the document. Nothing was done. */
export class RoleError extends Error {
  /** Always `NO_ROLE`. */
  readonly code = "NO_ROLE";
  /** What is wrong, with its place. */
  readonly diagnostics: readonly Diagnostic[];

  /** @param diagnostics What is wrong, with its place. */
  constructor(diagnostics: readonly Diagnostic[]) {
    const errors = diagnostics.filter(({ severity }) => severity === "error");
    super(errors.map(({ message, fix }) => `${message} ${fix}`).join("\n"));
    this.name = "RoleError";
    this.diagnostics = diagnostics;
  }
}
