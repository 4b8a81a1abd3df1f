export { UsageError } from "../cli/command.js";
export { Accounts, type AccountsOptions, type Told, type UserOptions } from "./accounts.js";
export type { AccountEntry, UserEntry } from "./entries.js";
export { PushError, RoleError } from "./errors.js";
export type { AccountLimits, UserLimits } from "./limits.js";
