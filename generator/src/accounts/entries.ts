import type { AccountLimits, UserLimits } from "../roles/limits.js";

/** An account. */
export interface AccountEntry {
  readonly name: string;
  /** Its nkey, `A…`. */
  readonly publicKey: string;
  /** Limits that are set. */
  readonly limits: AccountLimits;
  /** Users of the document, and users created at run time. */
  readonly users: readonly UserEntry[];
}

/** A user of an account. */
export interface UserEntry {
  readonly name: string;
  /** Its nkey, `U…`. */
  readonly publicKey: string;
  /** Undefined if it has no permissions any more. */
  readonly role: string | undefined;
  /** Limits that are set. */
  readonly limits: UserLimits;
  /** End of its validity; undefined for no end. */
  readonly expires: Date | undefined;
  /** State of its credentials on the servers. */
  readonly state: "valid" | "expired" | "revoked";
  /** The path of its credentials file. */
  readonly credentials: string;
}
