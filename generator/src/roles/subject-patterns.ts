import type { Parameter, SubjectKey } from "../model/sdk.js";
import type { Bindings } from "./role.js";

/**
 * What a parameter is bound to.
 *
 * @returns Undefined where it may have any value.
 */
export function valuesOf(bound: Bindings, { keys }: Parameter): readonly string[] | undefined {
  const key = keys.find((each) => Object.hasOwn(bound, each));
  return key === undefined ? undefined : bound[key];
}

/**
 * The subjects of an address: bound parameters by their values, others as wildcards. NATS knows no wildcard for
 * a part of a token, so that a parameter that is glued to other text stands for the whole token.
 *
 * @param key The address; one that is known at run time only has none.
 * @param bound What parameters are bound to.
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

/** The TypeScript names of the parameters in a token. */
export function namesIn(token: string): readonly string[] {
  return [...token.matchAll(/\{([^{}]*)\}/g)].map(([, name = ""]) => name);
}
