export { BrokerError, type BrokerErrorCode } from "../broker/errors.js";
export type { Diagnostic } from "../diagnostics.js";
export type { AccountLimits, UserLimits } from "../roles/limits.js";
export {
  type AccountChange,
  Accounts,
  type AccountsOptions,
  type CreatedUser,
  type UserOptions,
} from "./accounts.js";
export type { AccountEntry, UserEntry } from "./entries.js";
export { PushError, RoleError } from "./errors.js";
