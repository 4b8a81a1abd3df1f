import type { Filter } from "alternats/sdk";
import { ANY } from "alternats/sdk";
import { expect } from "vitest";
import type { Channel, MessageCase } from "./corpus-messages.js";
import { wrapped } from "./wire.js";

export type Functions = {
  readonly [name: string]: (...args: readonly unknown[]) => Promise<unknown>;
};
export type Params = { readonly [name: string]: string | number };

/** The n-th set of parameters: no value is in two of them, as far as the document leaves a choice. */
export function paramsOf({ parameters }: Channel["key"], n: number): Params {
  return Object.fromEntries(
    parameters.map(({ name, type }, i) => {
      if (type === "integer") return [name, 10 * i + n];
      return [name, typeof type === "string" ? `p${i}n${n}` : type[n % type.length]!];
    }),
  );
}

/** Address of a channel without one. */
export const givenSubject = "given.by.caller";

/** The subject by the document: slashes are dots, each parameter is one token. */
export function subjectOf(
  { address, isGiven, parameters }: Channel["key"],
  params: Params,
): string {
  if (isGiven) return givenSubject;
  const names = [...new Set(address.match(/\{[^{}]*\}/g))];
  expect(names).toHaveLength(parameters.length);
  return address
    .replace(/^\//, "")
    .split(/(\{[^{}]*\})/)
    .map((part) => {
      const parameter = parameters[names.indexOf(part)];
      if (parameter !== undefined) return String(params[parameter.name]);
      return part.replaceAll("/", ".").replace(/\*/g, "any").replace(/>$/, "any.thing");
    })
    .join("");
}

/** The arguments between the connection and the message. */
export function place({ key }: Channel, params: Filter<Params>): readonly unknown[] {
  if (key.isGiven) return [givenSubject];
  return key.parameters.length === 0 ? [] : [params];
}

/** A filter that takes every value: parameters are left out, or, where that means a default, ANY. */
export function anyOf({ parameters }: Channel["key"]): Filter<Params> {
  const defaulted = parameters.filter(({ fallback }) => fallback !== undefined);
  return Object.fromEntries(defaulted.map(({ name }) => [name, ANY])) as Filter<Params>;
}

/** The arguments of what sends: where there is no payload there is no argument for it. */
export function sent(each: MessageCase, value: unknown): readonly unknown[] {
  const message = !each.named && each.message.codec === "none" ? [] : [wrapped(each, value)];
  return each.named || each.headers === undefined
    ? message
    : [...message, { headers: each.headers }];
}
