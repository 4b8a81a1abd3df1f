/** Code of a {@link BrokerError}. */
export type BrokerErrorCode =
  /**
   * The folder of the secrets cannot be used: it is in a repository, other users can read it, or a
   * key is missing.
   */
  | "SECRETS"
  /** The output folder has other content. */
  | "OUTPUT"
  /** The text is not a valid name of an account or a user. */
  | "INVALID_NAME"
  /** Another account or user has the name. */
  | "NAME_TAKEN"
  /** A user that was created at run time has the name of a user of a role. */
  | "USER_EXISTS"
  /** The account does not exist. */
  | "UNKNOWN_ACCOUNT"
  /** The user does not exist. */
  | "UNKNOWN_USER"
  /** The account has a user of another role, and one of them is not trusted. */
  | "SHARED_ACCOUNT"
  /** The account cannot be removed: it is one of the document's. */
  | "ACCOUNT_IN_USE"
  /** The limit is unknown, or a server cannot read its value. */
  | "INVALID_LIMIT"
  /** The time is in the past, or before the end of existing credentials. */
  | "INVALID_EXPIRY"
  /** A permission has a subject that is invalid in a JWT. */
  | "INVALID_SUBJECT"
  /** There is no document, but roles are required. */
  | "NO_DOCUMENT"
  /** The package `alternats` is not installed. */
  | "NO_ENGINE";

/**
 * An account or the configuration of a broker cannot be created from the input. Nothing was
 * changed.
 */
export class BrokerError extends Error {
  /** The code of the problem. */
  readonly code: BrokerErrorCode;

  /**
   * @param code The code of the problem.
   * @param message Description of the problem and of its correction.
   * @param options `cause`: the error that caused this one, if any.
   */
  constructor(code: BrokerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "BrokerError";
    this.code = code;
  }
}
