import type { DocumentNode } from "../document/node.js";
import type { Parameter, SubjectKey } from "../model/sdk.js";
import { both, type Finding, nobody, publishers, type Side, subscribers } from "./change.js";

/** Checks if two versions of an address have the same subject. */
export function sameSubject(old: SubjectKey, now: SubjectKey): boolean {
  return old.isGiven === now.isGiven && shapeOf(old) === shapeOf(now);
}

/** A subject without the names of its parameters, which are not on the wire. */
function shapeOf({ subject }: SubjectKey): string {
  return subject.replace(/\{[^{}]*\}/g, "{}");
}

/**
 * Compares two versions of an address.
 *
 * @param node The channel in the new version.
 * @param parameters The nodes of the new version's parameters, by their names in TypeScript.
 */
export function compareSubjects(
  old: SubjectKey,
  now: SubjectKey,
  node: DocumentNode,
  parameters: ReadonlyMap<string, DocumentNode>,
): readonly Finding[] {
  const what = now.address || old.address;
  if (old.isGiven || now.isGiven) {
    if (old.isGiven === now.isGiven) return [];
    const message = old.isGiven ? `now has the address ${code(now)}` : "no longer has an address";
    const reason = "programs agree on the subject in another way, before or after the change";
    return [finding("address-changed", both, message, reason)];
  }
  if (sameSubject(old, now)) return compareParameters(old, now, node, parameters);
  const before = old.subject.split(".");
  const after = now.subject.split(".");
  const tokens = before.map((token, i) => [token, after[i] ?? ""] as const);
  const changes =
    before.length === after.length ? tokens.map(([a, b]) => compareToken(a, b)) : ["renamed"];
  const findings = (Object.keys(judgements) as TokenChange[])
    .filter((change) => changes.includes(change))
    .map((change) => {
      const [rule, breaks, reason] = judgements[change];
      return finding(rule, breaks, `was ${code(old)}, is ${code(now)}`, reason);
    });
  return changes.includes("renamed") ? findings.slice(0, 1) : findings;

  function finding(
    rule: string,
    breaks: readonly Side[],
    message: string,
    reason: string,
  ): Finding {
    return { rule, level: "channel", breaks, what, message, reason, version: "new", node };
  }
}

type TokenChange = keyof typeof judgements;

/** Effects on programs with the old subject; renaming has priority over the others. */
const judgements = {
  renamed: [
    "subject-renamed",
    both,
    "programs with the old and the new subject do not reach each other",
  ],
  "parameter to wildcard": [
    "parameter-to-wildcard",
    both,
    "an address with a wildcard can only be subscribed to, and does not give the matched value",
  ],
  "parameter to text": [
    "parameter-to-text",
    publishers,
    "messages that publishers send with other values are no longer received",
  ],
  "text to parameter": [
    "text-to-parameter",
    subscribers,
    "subscribers receive only the old subject, and miss all other values",
  ],
  "wildcard to parameter": [
    "wildcard-to-parameter",
    nobody,
    "the subjects stay the same, and their part now has a name",
  ],
} as const satisfies Record<string, readonly [string, readonly Side[], string]>;

function compareToken(before: string, after: string): TokenChange | undefined {
  const [a, b] = [kindOf(before), kindOf(after)];
  if (a === b && (a === "parameter" || before === after)) return undefined;
  if (a === "parameter" && after === "*") return "parameter to wildcard";
  if (before === "*" && b === "parameter") return "wildcard to parameter";
  if (a === "parameter" && b === "text") return "parameter to text";
  if (a === "text" && b === "parameter") return "text to parameter";
  return "renamed";
}

function kindOf(token: string): "parameter" | "text" | "mixed" {
  if (/^\{[^{}]*\}$/.test(token)) return "parameter";
  return /[{}]/.test(token) || token === "*" || token === ">" ? "mixed" : "text";
}

/** Compares parameters at the same positions. */
function compareParameters(
  old: SubjectKey,
  now: SubjectKey,
  node: DocumentNode,
  nodes: ReadonlyMap<string, DocumentNode>,
): readonly Finding[] {
  const names = ({ subject }: SubjectKey): readonly string[] => [
    ...new Set([...subject.matchAll(/\{([^{}]*)\}/g)].map(([, name = ""]) => name)),
  ];
  const after = names(now);
  return names(old).flatMap((name, i) => {
    const before = old.parameters.find((each) => each.name === name);
    const parameter = now.parameters.find((each) => each.name === after[i]);
    if (before === undefined || parameter === undefined) return [];
    return compareParameter(before, parameter).map(
      ([rule, breaks, message, reason]): Finding => ({
        rule,
        level: "parameter",
        breaks,
        what: `${now.address} {${parameter.name}}`,
        message,
        reason,
        version: "new",
        node: nodes.get(parameter.name) ?? node,
      }),
    );
  });
}

function compareParameter(
  old: Parameter,
  now: Parameter,
): readonly (readonly [rule: string, breaks: readonly Side[], message: string, reason: string])[] {
  const found: [string, readonly Side[], string, string][] = [];
  if (old.name !== now.name) {
    const message = `was called \`${old.name}\``;
    found.push(["parameter-renamed", nobody, message, "the subjects on the wire stay the same"]);
  }
  found.push(...compareValues(old.type, now.type));
  if (old.fallback !== now.fallback) {
    const message = `its default was ${value(old.fallback)}, is ${value(now.fallback)}`;
    if (old.fallback !== undefined && now.fallback !== undefined) {
      const reason =
        "programs that leave it out use another subject than programs with the old default";
      found.push(["parameter-default-changed", both, message, reason]);
    } else {
      const reason = "the subjects on the wire stay the same";
      found.push(["parameter-default-changed", nobody, message, reason]);
    }
  }
  return found;
}

function compareValues(
  old: Parameter["type"],
  now: Parameter["type"],
): readonly [string, readonly Side[], string, string][] {
  if (typeof old === "string" && typeof now === "string") {
    if (old === now) return [];
    const message = `was ${old}, is ${now}`;
    return now === "integer"
      ? [["parameter-narrowed", publishers, message, "publishers may still use other text"]]
      : [["parameter-widened", subscribers, message, "subscribers read a number"]];
  }
  if (typeof old === "string" || typeof now === "string") {
    return typeof old === "string"
      ? [
          [
            "parameter-narrowed",
            publishers,
            `now only ${[now].flat().map(value).join(", ")}`,
            "publishers may still use other values",
          ],
        ]
      : [
          [
            "parameter-widened",
            subscribers,
            `now any value; before only ${old.map(value).join(", ")}`,
            "subscribers do not know other values",
          ],
        ];
  }
  const lost = old.filter((each) => !now.includes(each));
  const gained = now.filter((each) => !old.includes(each));
  const found: [string, readonly Side[], string, string][] = [];
  if (lost.length > 0) {
    const message = `${lost.map(value).join(", ")} removed`;
    found.push(["parameter-narrowed", publishers, message, "publishers may still use it"]);
  }
  if (gained.length > 0) {
    const message = `${gained.map(value).join(", ")} added`;
    found.push(["parameter-widened", subscribers, message, "subscribers do not know it"]);
  }
  return found;
}

function value(each: string | number | undefined): string {
  return each === undefined ? "not given" : `\`${each}\``;
}

function code({ subject }: SubjectKey): string {
  return `\`${subject}\``;
}
