import type { AccountLimits, UserLimits } from "./limits.js";

/** An account. */
export interface AccountEntry {
  readonly name: string;
  readonly publicKey: string;
  readonly limits: AccountLimits;
  readonly users: readonly UserEntry[];
}

/** A user of an account. */
export interface UserEntry {
  readonly name: string;
  readonly publicKey: string;
  /** Undefined where it may do nothing any more. */
  readonly role: string | undefined;
  readonly limits: UserLimits;
  /** Until when it is let in; undefined for no end. */
  readonly expires: Date | undefined;
  readonly state: "valid" | "expired" | "revoked";
  /** The path of its credentials file. */
  readonly credentials: string;
}
