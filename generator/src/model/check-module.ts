import { escapeHidden } from "../hidden-characters.js";
import { CheckCalls } from "./check-calls.js";

/** Helpers that ajv's code requires, and their counterparts in `alternats/sdk/validate`. */
const helpers = [
  ["ucs2length", 'require("ajv/dist/runtime/ucs2length").default'],
  ["equal", 'require("ajv/dist/runtime/equal").default'],
] as const;

/** Names that the code may use from `alternats/sdk/validate`. */
const imported = "bounded equal formats multipleOf once regExp ucs2length unique".split(" ");

/** First line of one of ajv's functions. */
const functionHead = /^function (validate\d+)\(data, .*\{$/gm;

/**
 * Converts ajv's code to a module whose unused parts bundlers can remove. The cost of its checks is
 * bounded by the size of the checked value.
 *
 * @param code Code that exports `check0`, `check1` and so on.
 * @param names Final names of these functions.
 * @param linear Patterns that run in linear time, with their form for RE2.
 */
export function checkModule(
  code: string,
  names: readonly string[],
  linear: ReadonlyMap<string, string>,
): string {
  let body = code.replace(/^"use strict";\n?/, "");
  for (const [name, required] of helpers) body = body.replaceAll(required, name);
  // In an object literal, this name would set the prototype. Inside of a text its quotes are
  // escaped.
  body = body.replace(/(?<!\\)"__proto__":/g, '["__proto__"]:');
  body = withLinear(withoutUnused(body), linear).replace(
    /^(const pattern\d+ = )/gm,
    "$1/* @__PURE__ */ ",
  );
  body = bounded(body).replace(
    /^export const check(\d+) = /gm,
    (_, i: string) => `export const ${names[Number(i)]} = `,
  );
  const used = imported.filter((name) =>
    new RegExp(
      `^(?:const \\w+ =|return|export const \\S+ = \\/\\* @__PURE__ \\*\\/) ${name}\\b`,
      "mu",
    ).test(body),
  );
  const imports = [
    ...(body.includes("linearRegExp(")
      ? ['import { linearRegExp } from "alternats/sdk/re2";\n']
      : []),
    ...(used.length > 0 ? [`import { ${used.join(", ")} } from "alternats/sdk/validate";\n`] : []),
  ];
  // Except for line ends, only literals can contain these characters.
  const shown = escapeHidden(body);
  return `${imports.join("")}${imports.length > 0 ? "\n" : ""}${shown.trim()}\n`;
}

/** Replaces patterns by those that run in linear time. */
function withLinear(code: string, linear: ReadonlyMap<string, string>): string {
  if (linear.size === 0) return code;
  let native: string | undefined;
  const replaced = code.replace(
    /^(const pattern\d+ = )(func\d+)\((".*"), "u"\);$/gm,
    (line, start: string, func: string, text: string) => {
      native = func;
      const pattern = linear.get(JSON.parse(text) as string);
      return pattern === undefined ? line : `${start}linearRegExp(${JSON.stringify(pattern)});`;
    },
  );
  const isUsed = native !== undefined && replaced.includes(`= ${native}(`);
  return isUsed ? replaced : replaced.replace(/^const func\d+ = regExp;\n/m, "");
}

/** Removes unused schemas: ajv's code contains every schema. */
function withoutUnused(code: string): string {
  const uses = new Map<string, number>();
  for (const [name] of code.matchAll(/\bschema\d+\b/g)) uses.set(name, (uses.get(name) ?? 0) + 1);
  return code.replace(/^const (schema\d+) = .*\n/gm, (line, name: string) =>
    uses.get(name) === 1 ? "" : line,
  );
}

/**
 * Caches the results of functions that many call paths reach, so that each checks a part of a
 * message once.
 */
function bounded(code: string): string {
  const calls = new CheckCalls(code);
  return code
    .replace(functionHead, (head, name: string) => {
      if (!calls.isRepeated(name)) return head;
      const anew = `${name}Anew`;
      return `function ${name}(data, place) {\nreturn once(${name}, ${anew}, data, place);\n}\n\n${head.replace(name, anew)}`;
    })
    .replace(/^(export const check\d+ = )(validate\d+);/gm, (line, start: string, name: string) =>
      calls.needsBound(name) ? `${start}/* @__PURE__ */ bounded(${name});` : line,
    );
}
