import { UsageError } from "../commands/command.js";
import type { AccountLimits } from "./limits.js";

const sizes: Readonly<Record<string, number>> = {
  "": 1,
  KB: 1024,
  MB: 1024 ** 2,
  GB: 1024 ** 3,
  TB: 1024 ** 4,
};

/**
 * Reads limits as people write them: `64KB`, `20`, `unlimited`. A kilobyte is 1,024 bytes, as in nats-server's
 * configuration.
 *
 * @param path What stands before a limit's name in messages: `--`.
 * @throws UsageError
 */
export function readLimits(
  values: Readonly<Partial<Record<keyof AccountLimits, unknown>>>,
  path: string,
): AccountLimits {
  const limits = Object.entries(values).map(([name, text]) => [name, read(path + name, text)]);
  return Object.fromEntries(limits.filter(([, value]) => value !== undefined));
}

function read(name: string, value: unknown): number | undefined {
  if (value === undefined) return undefined;
  if (value === "unlimited") return -1;
  const [, digits = "", unit = ""] = /^(\d+) *([KMGT]B)?$/.exec(String(value)) ?? [];
  const number = Number(digits) * (sizes[unit] ?? 1);
  if (digits === "" || !Number.isSafeInteger(number))
    throw new UsageError(
      `${name} is a number such as 4096 or 64KB, or unlimited, not ${JSON.stringify(value)}.`,
    );
  return number;
}

/**
 * Reads until when something holds: so many days, hours or minutes from now, or a time of ISO 8601.
 *
 * @throws UsageError
 */
export function readEnd(text: string): Date {
  const [, amount, unit = ""] = /^(\d+)([dhm])$/.exec(text) ?? [];
  const minutes: Readonly<Record<string, number>> = { d: 24 * 60, h: 60, m: 1 };
  const end =
    amount === undefined
      ? new Date(/^\d{4}-\d\d-\d\d(?:T|$)/.test(text) ? text : Number.NaN)
      : new Date(Date.now() + Number(amount) * (minutes[unit] ?? 1) * 60_000);
  if (Number.isNaN(end.getTime()))
    throw new UsageError(
      `--expires is 30d, 12h, 45m or a time such as 2030-12-31T18:00:00Z, not ${JSON.stringify(text)}.`,
    );
  return end;
}
