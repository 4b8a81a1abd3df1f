export { BrokerError, type BrokerErrorCode } from "../broker/errors.js";
export type { Diagnostic } from "../diagnostics.js";
export type { AccountLimits, UserLimits } from "../roles/limits.js";
export {
  Accounts,
  type AccountsOptions,
  type CreatedUser,
  type Told,
  type UserOptions,
} from "./accounts.js";
export type { AccountEntry, UserEntry } from "./entries.js";
export { PushError, RoleError } from "./errors.js";
