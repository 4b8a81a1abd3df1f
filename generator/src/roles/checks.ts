import { either, nearest } from "../nearest.js";
import type { ReportRole } from "./report-role.js";
import { isName } from "./role.js";

/** Checks for an object with keys. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Reports keys that do not exist.
 *
 * @param owner Name of the object in messages: `A role`.
 * @param path Its place.
 * @param known The keys that exist.
 */
export function checkKeys(
  owner: string,
  value: Readonly<Record<string, unknown>>,
  path: readonly string[],
  known: readonly string[],
  report: ReportRole,
): void {
  for (const key of Object.keys(value)) {
    if (known.includes(key)) continue;
    const near = nearest(key, known);
    report.error([...path, key], {
      code: "unknown-role-key",
      message: `${owner} has no \`${key}\`.`,
      fix: near === undefined ? `It has ${either(known)}.` : `Did you mean \`${near}\`?`,
    });
  }
}

/** Reports a value that cannot be the name of a role, an account or a user. */
export function checkName(
  path: readonly string[],
  name: unknown,
  what: string,
  report: ReportRole,
): name is string {
  if (typeof name === "string" && isName(name)) return true;
  report.error(path, {
    code: "unfit-name",
    message: `${JSON.stringify(name)} is not a valid name of a ${what}.`,
    fix: "Use up to 64 letters, digits, `-` and `_`, starting with a letter or digit.",
  });
  return false;
}
