import { BrokerError } from "../broker/errors.js";
import { either } from "../nearest.js";
import type { AccountLimits } from "../roles/limits.js";

/**
 * Rejects values that servers cannot read, and unknown names of limits.
 *
 * @param limits The limits.
 * @param names Names of the known limits.
 * @throws BrokerError `INVALID_LIMIT`
 */
export function checkLimits(limits: AccountLimits, names: readonly string[]): void {
  for (const [name, value] of Object.entries<unknown>({ ...limits })) {
    if (!names.includes(name))
      throw new BrokerError("INVALID_LIMIT", `There is no limit ${name}. Use ${either(names)}.`);
    if (value !== undefined && !(Number.isSafeInteger(value) && Number(value) >= -1))
      throw new BrokerError(
        "INVALID_LIMIT",
        `The limit ${name} must be a whole number, or -1 for no limit, not ${JSON.stringify(value) ?? String(value)}.`,
      );
  }
}
