import type { Channel, Parameter } from "../model/sdk.js";
import { either, nearest } from "../nearest.js";
import type { ReportRole } from "./report-role.js";
import type { Bindings } from "./role.js";
import { namesIn, valuesOf } from "./subject-patterns.js";

/**
 * Reads the allowed values of parameters: a value or a list for each.
 *
 * @param value The value in the document or configuration.
 * @param path Its place.
 * @param channels The channels that the role uses.
 */
export function readBindings(
  value: unknown,
  path: readonly string[],
  channels: readonly Channel[],
  report: ReportRole,
): Bindings {
  if (value === undefined) return {};
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    report.error(path, {
      code: "role-form",
      message: `\`${path.at(-1)}\` is an object of parameters and their values, not ${JSON.stringify(value)}.`,
      fix: "Write for example `server_id: eu-1`.",
    });
    return {};
  }
  const parameters = channels.flatMap(({ key }) => key.parameters);
  const known = new Set(parameters.flatMap(({ keys }) => keys));
  const bound: [string, readonly string[]][] = [];
  for (const [name, given] of Object.entries(value)) {
    const place = [...path, name];
    if (!known.has(name)) {
      const near = nearest(name, known);
      report.error(place, {
        code: "unknown-parameter",
        message: `No operation of the role has a parameter \`${name}\`.`,
        fix:
          near === undefined
            ? known.size === 0
              ? "Leave it out: the role's operations have no parameters."
              : `Their parameters are ${either([...known])}.`
            : `Did you mean \`${near}\`?`,
      });
      continue;
    }
    const all: readonly unknown[] = Array.isArray(given) ? given : [given];
    if (all.length === 0) {
      report.error(place, {
        code: "unfit-value",
        message: `The list of allowed values of \`${name}\` is empty.`,
        fix: "Add a value, or remove the parameter to allow every value.",
      });
    }
    const same = parameters.filter(({ keys }) => keys.includes(name));
    const fit = all.flatMap((each) => readValue(each, place, same, report) ?? []);
    bound.push([name, [...new Set(fit)]]);
  }
  return Object.fromEntries(bound);
}

function readValue(
  value: unknown,
  path: readonly string[],
  parameters: readonly Parameter[],
  report: ReportRole,
): string | undefined {
  const text = typeof value === "number" ? String(value) : value;
  if (typeof text !== "string" || !/^[^\s\p{Cc}\p{Cs}.*>{}]+$/u.test(text)) {
    report.error(path, {
      code: "unfit-value",
      message: `${JSON.stringify(value)} is not a valid token of a subject.`,
      fix: "Use a value without `.`, `*`, `>`, white space or control characters.",
    });
    return undefined;
  }
  for (const { type } of parameters) {
    const allowed = typeof type === "string" ? undefined : type.map(String);
    if (allowed === undefined ? type !== "integer" || /^-?\d+$/.test(text) : allowed.includes(text))
      continue;
    const near = nearest(text, allowed ?? []);
    const choices = allowed === undefined ? "Use an integer." : `It is ${either(allowed)}.`;
    report.error(path, {
      code: "unfit-value",
      message: `\`${path.at(-1)}\` cannot be ${JSON.stringify(value)}.`,
      fix: near === undefined ? choices : `Did you mean \`${near}\`?`,
    });
    return undefined;
  }
  return text;
}

/** Reports restrictions that NATS permissions cannot enforce. */
export function checkBindings(
  bound: Bindings,
  path: readonly string[],
  channels: readonly Channel[],
  report: ReportRole,
): void {
  for (const { key } of channels) {
    for (const parameter of key.parameters) {
      const both = parameter.keys.filter((each) => Object.hasOwn(bound, each));
      if (both.length < 2) continue;
      report.error(path, {
        code: "bound-twice",
        message: `${both.map((each) => `\`${each}\``).join(" and ")} are the same parameter of \`${key.address}\`.`,
        fix: "Keep one of them.",
      });
    }
    for (const token of key.subject.split(".")) {
      const names = namesIn(token);
      const parameters = key.parameters.filter(({ name }) => names.includes(name));
      const free = parameters.filter((each) => valuesOf(bound, each) === undefined);
      if (free.length === 0 || free.length === parameters.length) continue;
      report.error(path, {
        code: "unenforceable-binding",
        message: `In the token \`${token}\` of \`${key.address}\`, ${free.map(({ keys }) => `\`${keys[0]}\``).join(" and ")} may have any value and other parameters may not. NATS permissions cannot express this.`,
        fix: "Restrict all parameters of the token, or give each its own token in the address.",
      });
    }
  }
}
