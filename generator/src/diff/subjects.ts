import type { DocumentNode } from "../document/node.js";
import type { Parameter, SubjectKey } from "../model/sdk.js";
import { both, type Finding, nobody, publishers, type Side, subscribers } from "./change.js";

/** What two versions of an address have in common. */
export function sameSubject(old: SubjectKey, now: SubjectKey): boolean {
  return old.isGiven === now.isGiven && shapeOf(old) === shapeOf(now);
}

/** A subject without the names of its parameters, which do not travel. */
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
    const message = old.isGiven ? `is at ${code(now)} from now on` : "has no address any more";
    const reason = "the subject was agreed on elsewhere before, or is from now on";
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

/** What becomes of who keeps the old subject; a renaming goes before all others. */
const judgements = {
  renamed: [
    "subject-renamed",
    both,
    "who keeps the old subject neither reaches nor hears who has the new one",
  ],
  "parameter to wildcard": [
    "parameter-to-wildcard",
    both,
    "an address with a wildcard is for listening only, and does not tell what it matched",
  ],
  "parameter to text": [
    "parameter-to-text",
    publishers,
    "what publishers send with other values is not heard any more",
  ],
  "text to parameter": [
    "text-to-parameter",
    subscribers,
    "subscribers hear the old subject only, and miss all other values",
  ],
  "wildcard to parameter": [
    "wildcard-to-parameter",
    nobody,
    "the same subjects are meant, and now have a name for their part",
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

/** The parameters that stand at the same places. */
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
      const reason = "who leaves it out is on another subject than who has the old default";
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
            `only ${[now].flat().map(value).join(", ")} from now on`,
            "publishers may still use other values",
          ],
        ]
      : [
          [
            "parameter-widened",
            subscribers,
            `any value from now on, where it was ${old.map(value).join(", ")}`,
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
