import type { Parameter, SubjectKey } from "../model/sdk.js";
import type { Bindings } from "./role.js";

/**
 * Allowed values of a parameter.
 *
 * @returns Undefined if it may have any value.
 */
export function valuesOf(bound: Bindings, { keys }: Parameter): readonly string[] | undefined {
  const key = keys.find((each) => Object.hasOwn(bound, each));
  return key === undefined ? undefined : bound[key];
}

/**
 * Subjects of an address: the allowed values for restricted parameters, wildcards for others. NATS
 * has no wildcard for a part of a token, so a parameter that is part of a token becomes a wildcard
 * for the whole token.
 *
 * @param key The address; an address that is known only at run time has no subjects.
 * @param bound Allowed values of parameters.
 */
export function patternsOf(
  key: Pick<SubjectKey, "subject" | "parameters">,
  bound: Bindings,
): readonly string[] {
  let all: readonly Readonly<Record<string, string>>[] = [{}];
  for (const parameter of key.parameters) {
    const values = valuesOf(bound, parameter);
    if (values !== undefined)
      all = all.flatMap((each) => values.map((value) => ({ ...each, [parameter.name]: value })));
  }
  return all.map((values) =>
    key.subject
      .split(".")
      .map((token) => filled(token, values))
      .join("."),
  );
}

function filled(token: string, values: Readonly<Record<string, string>>): string {
  const isBound = namesIn(token).every((name) => Object.hasOwn(values, name));
  return isBound ? token.replace(/\{([^{}]*)\}/g, (_, name) => values[name] ?? "") : "*";
}

/** TypeScript names of the parameters in a token. */
export function namesIn(token: string): readonly string[] {
  return [...token.matchAll(/\{([^{}]*)\}/g)].map(([, name = ""]) => name);
}
