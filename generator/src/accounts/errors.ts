import type { Diagnostic } from "../diagnostics.js";

/**
 * The change is stored in the secrets, but the broker did not accept it. The message says how to
 * correct this.
 */
export class PushError extends Error {
  /** Always `NOT_PUSHED`. */
  readonly code = "NOT_PUSHED";

  /**
   * @param message Description of the problem and of its correction.
   * @param options `cause`: the error that caused this one, if any.
   */
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "PushError";
  }
}

/** The document has no such role, or the role has errors. Nothing was changed. */
export class RoleError extends Error {
  /** Always `NO_ROLE`. */
  readonly code = "NO_ROLE";
  /** The problems with their places. */
  readonly diagnostics: readonly Diagnostic[];

  /** @param diagnostics The problems with their places. */
  constructor(diagnostics: readonly Diagnostic[]) {
    const errors = diagnostics.filter(({ severity }) => severity === "error");
    super(errors.map(({ message, fix }) => `${message} ${fix}`).join("\n"));
    this.name = "RoleError";
    this.diagnostics = diagnostics;
  }
}
