export { UsageError } from "../commands/command.js";
export type { Diagnostic } from "../diagnostics.js";
export {
  Accounts,
  type AccountsOptions,
  type CreatedUser,
  type Told,
  type UserOptions,
} from "./accounts.js";
export type { AccountEntry, UserEntry } from "./entries.js";
export { PushError, RoleError } from "./errors.js";
export type { AccountLimits, UserLimits } from "./limits.js";
