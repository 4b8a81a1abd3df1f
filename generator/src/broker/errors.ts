/** Reason of a {@link BrokerError}. */
export type BrokerErrorCode =
  /** The folder of the secrets cannot be used: it lies in a repository, is open to others, or lacks a key. */
  | "SECRETS"
  /** The output folder holds something else. */
  | "OUTPUT"
  /** The text cannot be the name of an account or a user. */
  | "INVALID_NAME"
  /** Another account or user has the name. */
  | "NAME_TAKEN"
  /** There is no such account. */
  | "UNKNOWN_ACCOUNT"
  /** There is no such user. */
  | "UNKNOWN_USER"
  /** There is no such limit, or a server cannot read its value. */
  | "INVALID_LIMIT"
  /** The time lies in the past, or before the end of credentials that were handed out. */
  | "INVALID_EXPIRY"
  /** A permission has a subject that a JWT cannot hold. */
  | "INVALID_SUBJECT"
  /** No document is given, and the roles are needed. */
  | "NO_DOCUMENT"
  /** The package `alternats` is not installed. */
  | "NO_ENGINE";

/** Accounts or the configuration of a broker cannot be had from what was given. Nothing was changed. */
export class BrokerError extends Error {
  /** The reason. */
  readonly code: BrokerErrorCode;

  /**
   * @param code The reason.
   * @param message What is wrong, and how to correct it.
   * @param options `cause`: the error underneath, if any.
   */
  constructor(code: BrokerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "BrokerError";
    this.code = code;
  }
}
