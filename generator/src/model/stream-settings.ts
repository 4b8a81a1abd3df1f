import type { Finding } from "../diagnostics.js";
import { own } from "../document/node.js";
import type { StreamSettings } from "./sdk.js";

/** Reports a problem with a setting at its place. */
export type ReportSetting = (property: string | undefined, finding: Finding) => void;

/** Notation of a property, and its names. */
interface Property {
  readonly name: keyof StreamSettings;
  /** NATS' own names. */
  readonly aliases: readonly string[];
  readonly read: (value: unknown) => unknown;
  readonly expected: string;
}

const oneOf = (...values: readonly string[]) => ({
  read: (value: unknown) => values.find((each) => each === value),
  expected: values.map((each) => `\`${each}\``).join(" or "),
});
const text = {
  read: (value: unknown) => (typeof value === "string" ? value : undefined),
  expected: "text",
};
const flag = {
  read: (value: unknown) => (typeof value === "boolean" ? value : undefined),
  expected: "`true` or `false`",
};
const count = {
  read: (value: unknown) =>
    Number.isSafeInteger(value) && (value === -1 || Number(value) > 0) ? value : undefined,
  expected: "a whole number above 0, or -1 for no limit",
};
const replicas = {
  read: (value: unknown) =>
    Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 5 ? value : undefined,
  expected: "a number from 1 to 5",
};
const duration = {
  read: (value: unknown) => (typeof value === "string" ? milliseconds(value) : undefined),
  expected: "a duration with its unit, for example `90s`, `12h` or `30d`",
};
const size = {
  read: (value: unknown) => (typeof value === "string" ? bytes(value) : count.read(value)),
  expected: "a number of bytes, or a size with its unit, for example `512MiB` or `10GB`",
};
const subjects = {
  read: (value: unknown) => {
    const all = typeof value === "string" ? [value] : value;
    const good = Array.isArray(all) && all.length > 0 && all.every(isSubject);
    return good ? all : undefined;
  },
  expected: "a list of subjects, which may contain `*` and end in `>`",
};

/** In nanoseconds. */
const SECOND = 1_000_000_000;

/**
 * Every setting of a stream. `schemas/x-alternats-stream.schema.json` describes the same for people
 * and editors.
 */
export const settings: readonly Property[] = [
  { name: "subjects", aliases: [], ...subjects },
  { name: "description", aliases: [], ...text },
  { name: "retention", aliases: [], ...oneOf("limits", "interest", "workqueue") },
  { name: "storage", aliases: [], ...oneOf("file", "memory") },
  { name: "discard", aliases: [], ...oneOf("old", "new") },
  { name: "discardNewPerSubject", aliases: ["discard_new_per_subject"], ...flag },
  { name: "maxAge", aliases: ["max_age"], ...duration },
  { name: "maxBytes", aliases: ["max_bytes"], ...size },
  { name: "maxMessages", aliases: ["max_msgs"], ...count },
  { name: "maxMessagesPerSubject", aliases: ["max_msgs_per_subject"], ...count },
  { name: "maxMessageSize", aliases: ["max_msg_size"], ...size },
  { name: "maxConsumers", aliases: ["max_consumers"], ...count },
  { name: "replicas", aliases: ["num_replicas"], ...replicas },
  { name: "duplicateWindow", aliases: ["duplicate_window"], ...duration },
  { name: "allowDirect", aliases: ["allow_direct"], ...flag },
  { name: "denyDelete", aliases: ["deny_delete"], ...flag },
  { name: "denyPurge", aliases: ["deny_purge"], ...flag },
];

/**
 * Reads the settings of a stream.
 *
 * @param value The value in the document or the configuration.
 * @param besides Properties that are not settings.
 * @param report Called with each problem.
 */
export function readSettings(
  value: unknown,
  besides: readonly string[],
  report: ReportSetting,
): StreamSettings {
  const found: Record<string, unknown> = {};
  for (const key of typeof value === "object" && value !== null ? Object.keys(value) : []) {
    if (besides.includes(key) || key.startsWith("x-")) continue;
    const property = settings.find(({ name, aliases }) => name === key || aliases.includes(key));
    if (property === undefined) {
      report(key, {
        code: "unknown-stream-setting",
        message: `A stream has no setting \`${key}\`.`,
        fix: `There are ${settings.map(({ name }) => `\`${name}\``).join(", ")}.`,
      });
      continue;
    }
    const given = own(value, key);
    // NATS' JSON has nanoseconds. Values below a second are certainly mistakes.
    const inNanoseconds =
      property.read === duration.read && key !== property.name && Number(given) >= SECOND;
    const read = inNanoseconds ? Number(given) / 1_000_000 : property.read(given);
    if (read === undefined) {
      report(key, {
        code: "wrong-stream-setting",
        message: `\`${key}\` has the invalid value ${JSON.stringify(given) ?? "nothing"}.`,
        fix: `Use ${property.expected}.`,
      });
    } else found[property.name] = read;
  }
  checkCombinations(found, report);
  return found;
}

/** Reports combinations that the server rejects. */
function checkCombinations(settings: StreamSettings, report: ReportSetting): void {
  const { discard, discardNewPerSubject, maxAge = 0, maxMessagesPerSubject = -1 } = settings;
  const { duplicateWindow } = settings;
  if (discardNewPerSubject && (discard !== "new" || maxMessagesPerSubject < 1)) {
    report("discardNewPerSubject", {
      code: "wrong-stream-combination",
      message: "`discardNewPerSubject` requires `discard: new` and `maxMessagesPerSubject`.",
      fix: "Add both, or remove it.",
    });
  }
  if (duplicateWindow !== undefined && maxAge > 0 && duplicateWindow > maxAge) {
    report("duplicateWindow", {
      code: "wrong-stream-combination",
      message: "`duplicateWindow` is longer than `maxAge`: messages expire before it ends.",
      fix: "Make it at most as long as `maxAge`.",
    });
  }
}

const MILLISECONDS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** @returns `undefined` if the text is not a duration. */
function milliseconds(text: string): number | undefined {
  const compact = text.replace(/\s/g, "");
  if (!/^(?:\d+(?:\.\d+)?(?:ms|[smhdw]))+$/.test(compact)) return undefined;
  let sum = 0;
  for (const [, number, unit] of compact.matchAll(/(\d+(?:\.\d+)?)(ms|[smhdw])/g)) {
    sum += Number(number) * MILLISECONDS[unit ?? ""]!;
  }
  return Number.isSafeInteger(Math.round(sum)) && sum > 0 ? Math.round(sum) : undefined;
}

const POWERS = "KMGT";

/** @returns `undefined` if the text is not a size. */
function bytes(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(?:([KMGT])(i)?)?B?$/i.exec(text.trim());
  if (match === null) return undefined;
  const [, number, prefix = "", binary] = match;
  const power = prefix === "" ? 0 : POWERS.indexOf(prefix.toUpperCase()) + 1;
  const value = Math.round(Number(number) * (binary === undefined ? 1_000 : 1_024) ** power);
  return Number.isSafeInteger(value) && value > 0 ? value : undefined;
}

function isSubject(value: unknown): boolean {
  if (typeof value !== "string" || /[\s\p{Cc}]/u.test(value)) return false;
  const tokens = value.split(".");
  return !tokens.includes("") && !tokens.slice(0, -1).includes(">");
}
