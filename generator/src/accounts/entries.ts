import type { AccountLimits, UserLimits } from "../roles/limits.js";

/** An account. */
export interface AccountEntry {
  readonly name: string;
  /** Its nkey, `A…`. */
  readonly publicKey: string;
  /** Those that are set. */
  readonly limits: AccountLimits;
  /** The document's, and those that came at run time. */
  readonly users: readonly UserEntry[];
}

/** A user of an account. */
export interface UserEntry {
  readonly name: string;
  /** Its nkey, `U…`. */
  readonly publicKey: string;
  /** Undefined where it may do nothing any more. */
  readonly role: string | undefined;
  /** Those that are set. */
  readonly limits: UserLimits;
  /** Until when it is let in; undefined for no end. */
  readonly expires: Date | undefined;
  /** Whether servers let it in. */
  readonly state: "valid" | "expired" | "revoked";
  /** The path of its credentials file. */
  readonly credentials: string;
}
