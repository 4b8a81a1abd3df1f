import { hiddenCharacters } from "../hidden-characters.js";
import { CheckCalls } from "./check-calls.js";

/** What ajv's code requires, and what `alternats/sdk/validate` has in its place. */
const helpers = [
  ["ucs2length", 'require("ajv/dist/runtime/ucs2length").default'],
  ["equal", 'require("ajv/dist/runtime/equal").default'],
] as const;

/** What the code may use of `alternats/sdk/validate`. */
const imported = ["bounded", "equal", "formats", "once", "regExp", "ucs2length", "unique"];

/** The beginning of a function of ajv's. */
const functionHead = /^function (validate\d+)\(data, .*\{$/gm;

/**
 * Makes a module of ajv's code, from which a bundler may take what is used, and whose checks are bounded by the
 * size of what they check.
 *
 * @param code What exports `check0`, `check1` and so on.
 * @param names What these are called.
 */
export function checkModule(code: string, names: readonly string[]): string {
  let body = code.replace(/^"use strict";\n?/, "");
  for (const [name, required] of helpers) body = body.replaceAll(required, name);
  // In a literal this name would be no property's. Within a text its quotes are escaped.
  body = body.replace(/(?<!\\)"__proto__":/g, '["__proto__"]:');
  body = withoutUnused(body).replace(/^(const pattern\d+ = )/gm, "$1/* @__PURE__ */ ");
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
  const imports =
    used.length === 0 ? "" : `import { ${used.join(", ")} } from "alternats/sdk/validate";\n\n`;
  // Only literals can hold any of them, besides the ends of lines.
  const shown = body.replace(hiddenCharacters, (character) =>
    character === "\n" ? "\n" : `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return `${imports}${shown.trim()}\n`;
}

/** ajv's code holds every schema, also those that it never looks into. */
function withoutUnused(code: string): string {
  const uses = new Map<string, number>();
  for (const [name] of code.matchAll(/\bschema\d+\b/g)) uses.set(name, (uses.get(name) ?? 0) + 1);
  return code.replace(/^const (schema\d+) = .*\n/gm, (line, name: string) =>
    uses.get(name) === 1 ? "" : line,
  );
}

/** Lets each function to which many ways lead look at a part of a message once. */
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
